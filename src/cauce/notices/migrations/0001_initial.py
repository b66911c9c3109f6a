import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='NoReminders',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='no_reminders', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('since', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('address', models.EmailField(max_length=254)),
                ('title', models.CharField(max_length=200)),
                ('body', models.TextField()),
                ('link', models.CharField(blank=True, max_length=300)),
                ('language', models.CharField(default='es-mx', max_length=5)),
                ('subject_model', models.CharField(blank=True, max_length=80)),
                ('subject_id', models.CharField(blank=True, max_length=40)),
                ('matter', models.CharField(blank=True, default='', max_length=40)),
                ('template', models.CharField(blank=True, default='', max_length=60)),
                ('template_version', models.PositiveSmallIntegerField(default=0)),
                ('state', models.CharField(choices=[('queued', 'En espera'), ('sending', 'Entregándose'), ('sent', 'Enviado'), ('failed', 'No se pudo entregar'), ('unconfirmed', 'Sin confirmar'), ('expired', 'Ya no tenía caso')], default='queued', max_length=12)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('attempt', models.CharField(blank=True, default='', max_length=32)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('failure', models.CharField(blank=True, max_length=300)),
                ('written_at', models.DateTimeField()),
                ('retry_at', models.DateTimeField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('read_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'queued')), fields=['state'], name='message_waiting'), models.Index(condition=models.Q(('state__in', ('sending', 'failed', 'unconfirmed'))), fields=['state'], name='message_in_doubt'), models.Index(condition=models.Q(('matter', ''), _negated=True), fields=['matter', 'template'], name='message_by_matter'), models.Index(fields=['user', '-written_at'], name='message_by_user')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at__isnull', True)), _connector='OR'), name='message_sent_has_a_time'), models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'sending', 'sent', 'failed', 'unconfirmed', 'expired'])), name='message_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'sending'), _negated=True), models.Q(models.Q(('attempt', ''), _negated=True), ('claimed_at__isnull', False)), _connector='OR'), name='message_sending_is_claimed'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'expired'), _negated=True), ('expires_at__isnull', False), _connector='OR'), name='message_expired_had_a_deadline'), models.CheckConstraint(condition=models.Q(models.Q(('template', ''), ('template_version', 0)), models.Q(models.Q(('template', ''), _negated=True), ('template_version__gte', 1)), _connector='OR'), name='message_template_has_a_version')],
            },
        ),
    ]
