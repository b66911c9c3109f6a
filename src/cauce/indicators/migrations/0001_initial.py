import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PublishedFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=60, unique=True)),
                ('position', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=160)),
                ('title_en', models.CharField(max_length=160)),
                ('value', models.DecimalField(decimal_places=2, max_digits=15)),
                ('unit', models.CharField(max_length=20)),
                ('as_of', models.CharField(max_length=40)),
                ('as_of_en', models.CharField(max_length=40)),
                ('definition', models.TextField()),
                ('definition_en', models.TextField()),
                ('source', models.CharField(max_length=300)),
                ('note', models.TextField(blank=True)),
                ('note_en', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='Replay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('queued', 'En espera'), ('running', 'En curso'), ('ready', 'Calculada'), ('failed', 'Falló')], default='queued', max_length=10)),
                ('requested_at', models.DateTimeField()),
                ('task_id', models.UUIDField(null=True)),
                ('is_delivered', models.BooleanField(default=False)),
                ('document', models.BinaryField(null=True)),
                ('digest', models.CharField(blank=True, max_length=80)),
                ('engine_version', models.CharField(blank=True, max_length=20)),
                ('seconds', models.PositiveIntegerField(null=True)),
                ('ready_at', models.DateTimeField(null=True)),
                ('failure', models.CharField(blank=True, max_length=80)),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['queued', 'running'])), fields=('is_delivered',), name='one_replay_at_a_time'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'ready'), _negated=True), models.Q(('document__isnull', False), ('ready_at__isnull', False), models.Q(('digest', ''), _negated=True)), _connector='OR'), name='ready_replay_has_results')],
            },
        ),
    ]
