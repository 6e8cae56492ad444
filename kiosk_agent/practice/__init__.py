"""The practice portal: a small real web application for demonstration, training and tests.

``PracticePortal`` in ``portal.py`` is its door; ``python -m kiosk_agent.practice`` runs it alone.
"""
