"""Write all generated files anew."""

from tests.generate.sources import files

for path, text in files():
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
