import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('base', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given_names', models.CharField(max_length=80)),
                ('first_surname', models.CharField(max_length=60)),
                ('second_surname', models.CharField(blank=True, max_length=60)),
                ('birth_date', models.DateField()),
                ('sex', models.CharField(choices=[('M', 'Mujer'), ('H', 'Hombre'), ('X', 'No binario')], max_length=1)),
                ('birth_state', models.CharField(blank=True, max_length=2)),
                ('phone', models.CharField(blank=True, max_length=20)),
                ('time_zone', models.CharField(blank=True, default='', max_length=40)),
                ('is_invented', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('merged_into', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='accounts.person')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('sex__in', ['M', 'H', 'X'])), name='person_sex_known'), models.CheckConstraint(condition=models.Q(('given_names', ''), _negated=True), name='person_has_given_names')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('email', models.EmailField(max_length=254)),
                ('office_name', models.CharField(blank=True, max_length=120)),
                ('language', models.CharField(default='es-mx', max_length=5)),
                ('is_active', models.BooleanField(default=True)),
                ('joined_at', models.DateTimeField()),
                ('person', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='user', to='accounts.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='user_email_once_whatever_its_case')],
            },
        ),
        migrations.CreateModel(
            name='PrivacyNotice',
            fields=[
                ('version', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('simplified', models.TextField()),
                ('simplified_en', models.TextField()),
                ('integral', models.TextField()),
                ('integral_en', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('valid_from', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='IdentityDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('country', models.CharField(default='MX', max_length=2)),
                ('number', models.CharField(max_length=30)),
                ('is_generic', models.BooleanField(default=False)),
                ('doubt', models.CharField(blank=True, default='', max_length=10)),
                ('linked_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='accounts.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_generic', False)), fields=('kind', 'country', 'number'), name='identity_number_belongs_to_one'), models.UniqueConstraint(fields=('person', 'kind', 'country', 'is_generic'), name='one_document_of_a_kind'), models.CheckConstraint(condition=models.Q(models.Q(('kind', ''), _negated=True), models.Q(('number', ''), _negated=True)), name='identity_document_is_told'), models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['curp', 'folio']), _negated=True), ('country', 'MX'), _connector='OR'), name='curp_and_folio_are_of_mexico'), models.CheckConstraint(condition=models.Q(('is_generic', False), ('kind', 'curp'), _connector='OR'), name='only_a_curp_is_generic'), models.CheckConstraint(condition=models.Q(('is_generic', True), models.Q(('kind', 'curp'), _negated=True), models.Q(('number__in', ['XEXX010101HNEXXXA4', 'XEXX010101MNEXXXA8']), _negated=True), _connector='OR'), name='generic_curps_identify_nobody')],
            },
        ),
        migrations.CreateModel(
            name='DataRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folio', models.CharField(max_length=20, unique=True)),
                ('right', models.CharField(choices=[('access', 'Acceso'), ('rectification', 'Rectificación'), ('cancellation', 'Cancelación'), ('opposition', 'Oposición')], max_length=14)),
                ('text', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('open', 'Por responder'), ('granted', 'Procede, por cumplir'), ('denied', 'No procede'), ('done', 'Cumplida'), ('withdrawn', 'Retirada')], default='open', max_length=10)),
                ('asked_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('extended_at', models.DateTimeField(null=True)),
                ('extension_reason', models.CharField(blank=True, max_length=600)),
                ('answer', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('effect_due_at', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='data_requests', to='accounts.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('open', 'granted'))), fields=('person', 'right'), name='one_live_request_of_a_right'), models.CheckConstraint(condition=models.Q(('right__in', ['access', 'rectification', 'cancellation', 'opposition'])), name='data_request_right_known'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', True), ('state__in', ('open', 'withdrawn'))), models.Q(('answered_at__isnull', False), ('state__in', ('granted', 'denied', 'done')), ('answered_by__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='data_request_answer_has_words'), models.CheckConstraint(condition=models.Q(models.Q(('extended_at__isnull', True), ('extension_reason', '')), models.Q(('extended_at__isnull', False), models.Q(('extension_reason', ''), _negated=True)), _connector='OR'), name='data_request_extension_has_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', False), ('state', 'done')), models.Q(models.Q(('state', 'done'), _negated=True), ('done_at__isnull', True)), _connector='OR'), name='data_request_done_has_a_time')],
            },
        ),
        migrations.CreateModel(
            name='PersonMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=600)),
                ('state', models.CharField(choices=[('proposed', 'Espera la segunda firma'), ('done', 'Unidas'), ('undone', 'Separadas otra vez'), ('withdrawn', 'Retirada'), ('distinct', 'Son dos personas')], default='proposed', max_length=10)),
                ('proposed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('moved', models.JSONField(default=list)),
                ('undone_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('gone', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges_gone', to='accounts.person')),
                ('kept', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges_kept', to='accounts.person')),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('proposed', 'done'))), fields=('gone',), name='person_merged_once'), models.CheckConstraint(condition=models.Q(('kept', models.F('gone')), _negated=True), name='merge_is_of_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('done', 'undone')), _negated=True), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='merge_has_four_eyes'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='merge_has_a_reason')],
            },
        ),
        migrations.CreateModel(
            name='IdentityClaim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phone', models.CharField(blank=True, max_length=20)),
                ('made_at', models.DateTimeField()),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='claim', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='claims', to='accounts.person')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.privacynotice')),
            ],
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='accounts.person')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='accounts.privacynotice')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('person', 'notice'), name='consent_once_per_version')],
            },
        ),
        migrations.CreateModel(
            name='ProfessionalLicence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country', models.CharField(max_length=2)),
                ('authority', models.CharField(max_length=120)),
                ('number', models.CharField(max_length=30)),
                ('issued_on', models.DateField(null=True)),
                ('told_at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='licences', to='accounts.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('person', 'country', 'authority', 'number'), name='professional_licence_once'), models.CheckConstraint(condition=models.Q(models.Q(('country', ''), _negated=True), models.Q(('authority', ''), _negated=True), models.Q(('number', ''), _negated=True)), name='professional_licence_is_told')],
            },
        ),
        migrations.CreateModel(
            name='AccountRecovery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('new_email', models.EmailField(max_length=254)),
                ('stop_digest', models.CharField(max_length=64, unique=True)),
                ('state', models.CharField(choices=[('asked', 'Por confirmar'), ('stopped', 'La detuvo su dueña o dueño'), ('done', 'Cambiado'), ('refused', 'No procede')], default='asked', max_length=8)),
                ('asked_at', models.DateTimeField()),
                ('waits_until', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=600)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proof', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='base.storedfile')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recoveries', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('user',), name='one_recovery_at_a_time'), models.CheckConstraint(condition=models.Q(('waits_until__gt', models.F('asked_at'))), name='recovery_waits'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), ('decided_at__gte', models.F('waits_until')), _connector='OR'), name='recovery_done_after_its_wait')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('call_manager', 'Gestión de convocatorias'), ('second_signatory', 'Segunda firma'), ('auditor', 'Auditoría'), ('education_office', 'Coordinación de Educación en Salud'), ('reviewer', 'Revisión de documentos'), ('desk_clerk', 'Mesa de elección'), ('panellist', 'Jurado de entrevistas'), ('partner_officer', 'Enlace de instituto socio'), ('privacy_officer', 'Unidad de datos personales')], max_length=20)),
                ('institution_id', models.PositiveBigIntegerField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'role', 'institution_id'), name='membership_once'), models.UniqueConstraint(condition=models.Q(('institution_id__isnull', True)), fields=('user', 'role'), name='membership_everywhere_once'), models.CheckConstraint(condition=models.Q(('role__in', ['call_manager', 'second_signatory', 'auditor', 'education_office', 'reviewer', 'desk_clerk', 'panellist', 'partner_officer', 'privacy_officer'])), name='membership_role_known')],
            },
        ),
    ]
