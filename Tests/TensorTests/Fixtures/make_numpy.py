"""Writes the NumPy files and deflate streams that NumPyTests and InflateTests read."""
import base64, io, json, os, struct, zlib
import numpy as np

os.makedirs("numpy", exist_ok=True)
os.chdir("numpy")
values = [0, 1, 2, 3, 100, 127]
for name in ["float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]:
    a = np.array(values, dtype=name).reshape(2, 3)
    if name.startswith("float"):
        a = a + np.array(0.5, dtype=name)
    elif name.startswith("int"):
        a = -a
    np.save(name, a)
np.save("bool", np.array([[True, False, True], [False, False, True]]))
np.save("big_endian_float", np.array(values, dtype=">f4").reshape(2, 3))
np.save("big_endian_int64", np.array([1, -2, 2**62], dtype=">i8"))
np.save("fortran", np.asfortranarray(np.arange(24, dtype="float64").reshape(2, 3, 4)))
np.save("fortran_bytes", np.asfortranarray(np.arange(6, dtype="uint8").reshape(2, 3)))
np.save("scalar", np.array(7.25, dtype="float32"))
np.save("vector", np.arange(5, dtype="int16"))
np.save("empty", np.zeros((0, 3), dtype="float32"))
for version in [2, 3]:
    with open(f"version{version}.npy", "wb") as f:
        np.lib.format.write_array(f, np.array([1.5, -2.5]), version=(version, 0))
np.save("complex", np.zeros(2, dtype="complex64"))
np.save("half", np.zeros(2, dtype="float16"))
np.save("text", np.array(["ab", "c"]))
np.save("records", np.zeros(2, dtype=[("x", "<f4"), ("y", "<i4")]))
np.save("objects", np.array([None, 1], dtype=object), allow_pickle=True)
noise = np.random.default_rng(3).integers(0, 50, 3000).astype("int32")
ramp = np.repeat(np.arange(40, dtype="float32"), 50).reshape(40, 50)
np.savez("stored", noise=noise, ramp=ramp, flag=np.array([True, False]))
np.savez_compressed("deflated", noise=noise, ramp=ramp, zeros=np.zeros((200, 200)))
mixed = dict(images=np.arange(12, dtype="float32").reshape(2, 3, 2), names=np.array(["liver", "spleen"]),
             labels=np.array([[0, 1, 2]], dtype="uint8"), spectrum=np.zeros(3, dtype="complex64"),
             table=np.zeros(2, dtype=[("x", "<f4"), ("y", "<i4")]), when=np.array("2025-04-20", dtype="datetime64[D]"))
np.savez("mixed", **mixed)
np.savez_compressed("mixed_deflated", **mixed)
os.chdir("..")

def deflate(data, level=9, strategy=zlib.Z_DEFAULT_STRATEGY):
    c = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    return c.compress(data) + c.flush()

text = b"To be, or not to be, that is the question: " * 20
bytes_ = bytes((i * i * 7 + i // 3) % 251 for i in range(1500))
cases = dict(
    empty=(b"", deflate(b"")), one=(b"x", deflate(b"x")),
    fixed=(text, deflate(text, strategy=zlib.Z_FIXED)),
    stored=(bytes_, deflate(bytes_, level=0)),
    huffman=(bytes_, deflate(bytes_, strategy=zlib.Z_HUFFMAN_ONLY)),
    dynamic=(text + bytes_, deflate(text + bytes_)),
    runs=(b"a" * 5000, deflate(b"a" * 5000)),
    far=(bytes_ + b"b" * 30000 + bytes_, deflate(bytes_ + b"b" * 30000 + bytes_)),
)
json.dump({k: dict(size=len(p), crc=zlib.crc32(p), head=base64.b64encode(p[:1500]).decode(),
                   stream=base64.b64encode(s).decode()) for k, (p, s) in cases.items()}, open("deflate.json", "w"))
