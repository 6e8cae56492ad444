"""A native messaging program: signs the portal's challenge with the card that lies on the 'reader', a file."""

import hashlib
import hmac
import json
import struct
import sys
from pathlib import Path


def sign(reader: Path, challenge: str) -> dict[str, str]:
    """The challenge signed by the card, or why not. The card is JSON: name and secret."""
    if not reader.exists():
        return {"error": "no card"}
    card = json.loads(reader.read_text())
    signature = hmac.new(card["secret"].encode(), challenge.encode(), hashlib.sha256).hexdigest()
    return {"name": card["name"], "signature": signature}


def main(reader: Path) -> None:
    """Answer messages until the browser closes the pipe."""
    while size := sys.stdin.buffer.read(4):
        message = json.loads(sys.stdin.buffer.read(struct.unpack("=I", size)[0]))
        answer = json.dumps(sign(reader, message["challenge"])).encode()
        sys.stdout.buffer.write(struct.pack("=I", len(answer)) + answer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
