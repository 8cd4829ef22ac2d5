from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('media_staging', '0003_places_and_marks'),
    ]

    operations = [
        migrations.AddField(
            model_name='stagedfile',
            name='unreferenced_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        # Of the rows that are there nobody knows: they count as seen.
        migrations.AddField(
            model_name='stagedfile',
            name='was_referred',
            field=models.BooleanField(default=True, editable=False),
        ),
        migrations.AlterField(
            model_name='stagedfile',
            name='was_referred',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name='stagingarea',
            name='relations',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name='leftover',
            name='reason',
            field=models.CharField(choices=[('set_back', 'Set Back'), ('copied', 'Copied'), ('mark_gone', 'Mark Gone'), ('unreadable', 'Unreadable'), ('not_writable', 'Not Writable'), ('other_database', 'Other Database'), ('not_accepted', 'Not Accepted'), ('no_marks', 'No Marks'), ('other_mark', 'Other Mark'), ('too_many', 'Too Many'), ('relation_gone', 'Relation Gone'), ('cannot_ask', 'Cannot Ask'), ('elsewhere', 'Elsewhere'), ('cannot_delete', 'Cannot Delete'), ('is_folder', 'Is Folder')], max_length=20),
        ),
    ]
