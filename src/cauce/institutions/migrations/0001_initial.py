import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='CatalogueLoad',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('added', models.PositiveIntegerField()),
                ('changed', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Institution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20, unique=True)),
                ('name', models.CharField(max_length=160)),
                ('acronym', models.CharField(max_length=30)),
                ('kind', models.CharField(choices=[('health', 'Servicios de salud'), ('university', 'Universidad'), ('network', 'Organismo internacional'), ('commission', 'Comisión')], max_length=10)),
                ('country', models.CharField(default='MX', max_length=2)),
                ('valid_from', models.DateField(null=True)),
                ('valid_until', models.DateField(null=True)),
                ('source', models.CharField(max_length=300)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('valid_from__isnull', True), ('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='institution_dates_in_order')],
            },
        ),
        migrations.CreateModel(
            name='Specialty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=80, unique=True)),
                ('name_es', models.CharField(max_length=120)),
                ('name_en', models.CharField(max_length=120)),
                ('route', models.CharField(choices=[('direct', 'Entrada directa'), ('branch', 'Rama'), ('dental', 'Estomatología')], max_length=6)),
                ('own_years', models.PositiveSmallIntegerField()),
                ('total_years', models.PositiveSmallIntegerField()),
                ('is_trunk', models.BooleanField(default=False)),
                ('prerequisite_min_years', models.PositiveSmallIntegerField(default=0)),
                ('valid_from', models.DateField(null=True)),
                ('valid_until', models.DateField(null=True)),
                ('source', models.CharField(max_length=300)),
                ('prerequisites', models.ManyToManyField(blank=True, related_name='branches', to='institutions.specialty')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('own_years__gte', 1), ('total_years__gte', models.F('own_years'))), name='specialty_years_add_up')],
            },
        ),
        migrations.CreateModel(
            name='SpecialtyAlias',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('folded', models.CharField(max_length=120, unique=True)),
                ('specialty', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='institutions.specialty')),
            ],
        ),
        migrations.CreateModel(
            name='State',
            fields=[
                ('key', models.CharField(max_length=2, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=40, unique=True)),
                ('abbreviation', models.CharField(max_length=5)),
                ('curp_code', models.CharField(max_length=2, unique=True)),
                ('population_2020', models.PositiveIntegerField()),
                ('in_imss_bienestar', models.BooleanField(default=False)),
                ('country', models.CharField(default='MX', max_length=2)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('country', 'MX'), ('country', models.F('key')), _connector='OR'), name='country_is_its_own_key')],
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('municipality', models.CharField(max_length=80)),
                ('name', models.CharField(max_length=200)),
                ('short_name', models.CharField(max_length=80)),
                ('kind', models.CharField(max_length=80)),
                ('care_level', models.PositiveSmallIntegerField()),
                ('clues', models.CharField(max_length=11, null=True, unique=True)),
                ('clues_imb', models.CharField(max_length=11, null=True, unique=True)),
                ('unit_key', models.CharField(max_length=10, null=True, unique=True)),
                ('beds', models.PositiveIntegerField(null=True)),
                ('latitude', models.DecimalField(decimal_places=5, max_digits=8, null=True)),
                ('longitude', models.DecimalField(decimal_places=5, max_digits=8, null=True)),
                ('is_invented', models.BooleanField(default=False)),
                ('source', models.CharField(max_length=300)),
                ('folded', models.CharField(blank=True, max_length=400)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sites', to='institutions.institution')),
                ('state', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sites', to='institutions.state')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('care_level__gte', 1), ('care_level__lte', 3)), name='site_care_level_1_to_3'), models.UniqueConstraint(fields=('institution', 'state', 'municipality', 'name'), name='site_name_once_per_place')],
            },
        ),
        migrations.CreateModel(
            name='InstitutionProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField()),
                ('covered_population', models.PositiveBigIntegerField(null=True)),
                ('units', models.PositiveIntegerField(null=True)),
                ('beds', models.PositiveIntegerField(null=True)),
                ('source', models.CharField(max_length=300)),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='profiles', to='institutions.institution')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('institution', 'year'), name='one_profile_per_year')],
            },
        ),
    ]
