"""Files with something wrong in them: bytes of a good one, changed at random from a seed."""

import hashlib
import io
import json
import zipfile

EXTREMES = (
    0,
    1,
    127,
    128,
    255,
    2**15,
    2**16 - 1,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63 - 1,
    2**64 - 1,
)
VALUES = [None, True, -1, 0, 10**6, 10**18, 1.5, "", "x", "O", "U99999999", "1e9", [], [0], [10**6]]


def changed(rng, data):
    """The bytes after one to four changes, each in a way that parsers may trip over."""
    data = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        CHANGES[rng.integers(len(CHANGES))](rng, data)
    return bytes(data)


def _place(rng, data, length=1):
    return int(rng.integers(max(len(data) - length, 0) + 1))


def _part(rng, data):
    start = _place(rng, data)
    return slice(start, start + int(2 ** rng.uniform(0, 8)))


def _flip(rng, data):
    if data:
        data[rng.integers(len(data))] ^= 1 << int(rng.integers(8))


def _truncate(rng, data):
    del data[_place(rng, data) :]


def _cut(rng, data):
    del data[_part(rng, data)]


def _splice(rng, data):
    """A part of it once more, at another place."""
    place = _place(rng, data)
    data[place:place] = data[_part(rng, data)]


def _repeat(rng, data):
    part = _part(rng, data)
    data[part] = data[part] * int(rng.integers(2, 50))


def _noise(rng, data):
    data[_part(rng, data)] = rng.bytes(int(rng.integers(1, 40)))


def _number(rng, data):
    """A field of 1 to 8 bytes that may be a length, or the digits of one."""
    size, place = int(2 ** rng.integers(4)), _place(rng, data)
    value = EXTREMES[rng.integers(len(EXTREMES))]
    if rng.random() < 0.5:
        data[place : place + size] = (value % 256**size).to_bytes(size, "little")
    else:
        digits = [i for i, byte in enumerate(data[place : place + 200]) if 48 <= byte <= 57]
        if digits:
            data[place + digits[0] : place + digits[0] + 1] = str(value).encode()


CHANGES = [_flip, _flip, _truncate, _cut, _splice, _repeat, _noise, _number, _number, _number]


def sign(path):
    """Put the right checksum into a model file."""
    data = path.read_bytes()[:-64]
    path.write_bytes(data + hashlib.sha256(data).hexdigest().encode())


class Model:
    """A file of `smoothdiff.persistence`, to be changed below its checksums too."""

    def __init__(self, data):
        self.data = data
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.members = {name: archive.read(name) for name in archive.namelist()}
        self.document = json.loads(self.members["model.json"])

    def changed(self, rng, path):
        """Write it to a path: its bytes changed, or one part, or the document that it holds."""
        how = rng.integers(4)
        if how == 0:
            path.write_bytes(changed(rng, self.data))
            return
        if how == 1:
            path.write_bytes(changed(rng, self.data[:-64]) + b"0" * 64)
        elif how == 2:
            name = list(self.members)[rng.integers(1, len(self.members))]
            self._write(path, {**self.members, name: changed(rng, self.members[name])})
        else:
            document = json.loads(self.members["model.json"])
            for _ in range(rng.integers(1, 4)):
                _change_document(rng, document["objects"])
            self._write(path, {**self.members, "model.json": json.dumps(document).encode()})
        sign(path)

    def _write(self, path, members):
        with zipfile.ZipFile(path, "w") as archive:
            archive.comment = b"0" * 64
            for name, data in members.items():
                archive.writestr(name, data)


def _change_document(rng, objects):
    """Another value, or that of another object, in a field or an item of one of the objects."""
    fields = objects[rng.integers(len(objects))]
    other = objects[rng.integers(len(objects))]
    while True:
        keys = list(fields) if isinstance(fields, dict) else range(len(fields))
        if not len(keys):
            return
        key = keys[rng.integers(len(keys))]
        if not isinstance(fields[key], (dict, list)) or rng.random() < 0.3:
            break
        fields = fields[key]
    value = VALUES[rng.integers(len(VALUES))]
    if rng.random() < 0.5 and isinstance(key, str) and key in other:
        value = other[key]
    elif rng.random() < 0.3:
        value = [int(rng.integers(len(objects)))]
    fields[key] = value
