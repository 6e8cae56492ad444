"""What people see of central: layout, style, texts, charts, tables.

Handlers stand beside their feature (``dashboard/endpoints.py``, ``policy/pages.py`` …) and fill in templates of here.
"""
