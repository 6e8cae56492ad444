"""Tables as files for spreadsheets: CSV and XLSX."""
