from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('media_staging', '0004_unreferenced_since'),
    ]

    operations = [
        migrations.CreateModel(
            name='EndedFile',
            fields=[
                ('key_hash', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('ended_at', models.DateTimeField(db_index=True)),
            ],
        ),
    ]
