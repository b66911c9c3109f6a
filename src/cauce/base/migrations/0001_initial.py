import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    # What others bring comes first: while it is laid, there is little of ours to lay anew beside it.
    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('django_tasks_database', '0021_conditional_partial_index_ordering'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('number', models.PositiveBigIntegerField(primary_key=True, serialize=False)),
                ('event_id', models.PositiveBigIntegerField(unique=True)),
                ('digest', models.CharField(max_length=64)),
                ('sealed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Pulse',
            fields=[
                ('part', models.CharField(max_length=10, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='TaskProgress',
            fields=[
                ('task_id', models.UUIDField(primary_key=True, serialize=False)),
                ('stage', models.CharField(blank=True, max_length=40)),
                ('done', models.PositiveBigIntegerField(default=0)),
                ('total', models.PositiveBigIntegerField(default=0)),
                ('heartbeat_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('actor', models.CharField(max_length=80)),
                ('action', models.CharField(max_length=80)),
                ('subject_model', models.CharField(max_length=80)),
                ('subject_id', models.CharField(max_length=40)),
                ('detail', models.JSONField(default=dict)),
            ],
            options={
                'indexes': [models.Index(fields=['subject_model', 'subject_id'], name='audit_by_subject')],
            },
        ),
        migrations.CreateModel(
            name='AuditWalk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_by', models.CharField(max_length=80)),
                ('asked_at', models.DateTimeField()),
                ('task_id', models.UUIDField(null=True)),
                ('is_under_way', models.BooleanField(default=True)),
                ('whole_at', models.DateTimeField(null=True)),
                ('whole_to', models.PositiveBigIntegerField(default=0)),
                ('whole_digest', models.CharField(blank=True, max_length=64)),
                ('reached_at', models.DateTimeField(null=True)),
                ('reached_to', models.PositiveBigIntegerField(default=0)),
                ('reached_event', models.PositiveBigIntegerField(null=True)),
                ('reached_digest', models.CharField(blank=True, max_length=64)),
                ('broken_at', models.PositiveBigIntegerField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_under_way', True)), fields=('is_under_way',), name='one_walk_at_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('reached_at__isnull', True), ('whole_at__isnull', True)), models.Q(('is_under_way', False), ('reached_at__gte', models.F('whole_at')), ('reached_to__gte', models.F('whole_to')), ('whole_at__isnull', False)), _connector='OR'), name='walk_reaches_on_from_its_end')],
            },
        ),
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('scope', models.CharField(blank=True, max_length=40)),
                ('name', models.CharField(max_length=120)),
                ('digest', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField()),
                ('data', models.BinaryField(null=True)),
                ('state', models.CharField(choices=[('reading', 'Se está leyendo'), ('read', 'Leído, sin cargar'), ('loading', 'Se está cargando'), ('done', 'Cargado'), ('dropped', 'Olvidado')], max_length=10)),
                ('task_id', models.UUIDField(null=True)),
                ('asked_by', models.CharField(max_length=80)),
                ('received_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('rows', models.PositiveIntegerField(default=0)),
                ('faults', models.PositiveIntegerField(default=0)),
                ('doubts', models.PositiveIntegerField(default=0)),
                ('added', models.PositiveIntegerField(default=0)),
                ('changed', models.PositiveIntegerField(default=0)),
                ('findings', models.JSONField(default=list)),
                ('facts', models.JSONField(default=dict)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ('reading', 'read', 'loading'))), fields=('kind', 'scope'), name='one_live_import_of_a_kind'), models.CheckConstraint(condition=models.Q(models.Q(('data__isnull', False), ('finished_at__isnull', True), ('state__in', ('reading', 'read', 'loading'))), models.Q(('data__isnull', True), ('finished_at__isnull', False), ('state__in', ('done', 'dropped'))), _connector='OR'), name='finished_import_is_forgotten')],
            },
        ),
        migrations.CreateModel(
            name='Outage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('part', models.CharField(max_length=10)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('measured_by', models.CharField(max_length=40)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_at__gt', models.F('started_at'))), name='outage_ends_after_start'), models.UniqueConstraint(fields=('part', 'started_at'), name='outage_measured_once')],
            },
        ),
        migrations.CreateModel(
            name='StoredFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('size', models.PositiveIntegerField()),
                ('media_type', models.CharField(max_length=40)),
                ('pages', models.PositiveSmallIntegerField()),
                ('received_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pages__gte', 1), ('size__gte', 1)), name='stored_file_is_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='FilePage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drawn', to='base.storedfile')),
                ('picture', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='base.storedfile')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('file', 'number'), name='file_page_once'), models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='file_pages_begin_at_one')],
            },
        ),
    ]
