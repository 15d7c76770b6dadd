"""Files of every format: axes, spacing, damage, round trips."""

import importlib.util
import json
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.formats import describe, open_array, write_labels
from napari_segsuite.data.label_notes import LabelNotes, read_notes
from napari_segsuite.data.refs import ArrayRef
from napari_segsuite.data.zarr_folders import missing_chunks
from napari_segsuite.errors import InputError, StorageError


def count_up(*shape: int, dtype: str = "u2") -> np.ndarray:
    return (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)


def write_ome(path, array, axes, *, spacing=(), unit="µm", **options):
    metadata = {"axes": axes}
    for letter, step in zip("ZYX"[3 - len(spacing) :], spacing, strict=True):
        metadata[f"PhysicalSize{letter}"] = step
        metadata[f"PhysicalSize{letter}Unit"] = unit
    tifffile.imwrite(path, array, ome=True, metadata=metadata, **options)


def write_ome_zarr(path, array, axes, scale, *, version="0.5", unit="micrometer"):
    zarr_format = 3 if version == "0.5" else 2
    group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
    level = group.create_array(
        "0",
        shape=array.shape,
        chunks=(16,) * array.ndim,
        dtype=array.dtype,
        config={"write_empty_chunks": True},
    )
    level[...] = array
    kinds = {"t": "time", "c": "channel"}
    multiscales = [
        {
            "axes": [
                {"name": a, "type": kinds.get(a, "space")}
                | ({"unit": unit} if a in "zyx" else {})
                for a in axes
            ],
            "datasets": [
                {
                    "path": "0",
                    "coordinateTransformations": [{"type": "scale", "scale": scale}],
                }
            ],
        }
    ]
    if version == "0.5":
        group.attrs["ome"] = {"version": "0.5", "multiscales": multiscales}
    else:
        group.attrs["multiscales"] = multiscales


def opened(path, **options):
    ref = describe(path, **options)
    return ref, np.asarray(open_array(ref)[...])


# TIFF


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("YX", (31, 37)),
        ("YX", (1, 1)),
        ("ZYX", (5, 31, 37)),
        ("TYX", (5, 31, 37)),
        ("CYX", (3, 31, 37)),
        ("TCZYX", (2, 3, 4, 31, 37)),
    ],
)
def test_ome_tiff_names_its_axes(tmp_path, axes, shape, byteorder, compression):
    array = count_up(*shape)
    path = tmp_path / "image.ome.tif"
    write_ome(path, array, axes, byteorder=byteorder, compression=compression)
    ref, values = opened(path)
    assert ref.axes == axes
    np.testing.assert_array_equal(values, array)


@pytest.mark.parametrize(("unit", "factor"), [("µm", 1.0), ("nm", 1e-3), ("mm", 1e3)])
def test_ome_tiff_spacing_is_micrometre(tmp_path, unit, factor):
    path = tmp_path / "image.ome.tif"
    write_ome(path, count_up(3, 8, 9), "ZYX", spacing=(2.0, 0.5, 0.25), unit=unit)
    expected = tuple(step * factor for step in (2.0, 0.5, 0.25))
    assert describe(path).spacing == pytest.approx(expected)


def test_spacing_that_is_known_in_part_is_not_made_up(tmp_path):
    path = tmp_path / "image.ome.tif"
    write_ome(path, count_up(3, 8, 9), "ZYX", spacing=(0.5, 0.25))
    assert describe(path).spacing is None


def test_imagej_axes_and_spacing(tmp_path):
    path = tmp_path / "image.tif"
    tifffile.imwrite(
        path,
        count_up(4, 2, 8, 9),
        imagej=True,
        resolution=(4.0, 2.0),
        metadata={"axes": "ZCYX", "spacing": 1.5, "unit": "um"},
    )
    ref = describe(path)
    assert ref.axes == "ZCYX"
    assert ref.spacing == pytest.approx((1.5, 0.5, 0.25))


def test_printing_resolution_is_no_pixel_size(tmp_path):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, count_up(8, 9), resolution=(72, 72), resolutionunit=2)
    assert describe(path).spacing is None


@pytest.mark.parametrize(
    ("shape", "labels", "axes"),
    [
        ((8, 9), False, "YX"),
        ((5, 8, 9), False, "ZYX"),
        ((3, 40, 40), False, "CYX"),
        ((3, 40, 40), True, "ZYX"),
        ((2, 3, 8, 9), False, "TZYX"),
    ],
)
def test_plain_tiff_axes_are_guessed(tmp_path, shape, labels, axes):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, count_up(*shape), photometric="minisblack")
    assert describe(path, labels=labels).axes == axes


def test_rgb_tiff(tmp_path):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, count_up(20, 30, 3, dtype="u1"), photometric="rgb")
    assert describe(path).axes == "YXC"
    with pytest.raises(InputError, match=r"3 channels.*one number per pixel"):
        describe(path, labels=True)


def test_uncompressed_tiff_is_mapped_and_large_compressed_one_is_lazy(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("napari_segsuite.data.tiff._SMALL_BYTES", 0)
    array = count_up(3, 300, 200)
    write_ome(tmp_path / "plain.ome.tif", array, "ZYX")
    assert isinstance(open_array(describe(tmp_path / "plain.ome.tif")), np.memmap)
    path = tmp_path / "zlib.ome.tif"
    write_ome(path, array, "ZYX", compression="zlib", tile=(64, 64))
    lazy = open_array(describe(path))
    assert isinstance(lazy, zarr.Array)
    np.testing.assert_array_equal(lazy[1, 50:90, 60:99], array[1, 50:90, 60:99])
    same = open_array(ArrayRef(path=path, axes="TZYX"))
    assert same.shape == (1, 3, 300, 200)
    np.testing.assert_array_equal(same[0, 2, 5:9], array[2, 5:9])
    np.testing.assert_array_equal(same[:, 1:3, 5, 7:8], array[None, 1:3, 5, 7:8])


WRITERS = {
    "plain": {},
    "zlib": {"compression": "zlib"},
    "tiled": {"tile": (16, 16), "compression": "zlib"},
    "bigtiff": {"bigtiff": True},
    "big-endian": {"byteorder": ">"},
    "imagej": {"imagej": True, "metadata": {"axes": "ZYX"}},
    "ome": {"ome": True, "metadata": {"axes": "ZYX"}},
    "pages": {"contiguous": False},
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_truncated_tiff_is_refused_or_whole(tmp_path, writer):
    array = np.random.default_rng(0).integers(0, 4000, (20, 33, 35)).astype("u2")
    whole = tmp_path / "whole.tif"
    if writer == "pages":
        with tifffile.TiffWriter(whole) as tif:
            for plane in array:
                tif.write(plane, contiguous=False)
    else:
        tifffile.imwrite(whole, array, photometric="minisblack", **WRITERS[writer])
    np.testing.assert_array_equal(opened(whole)[1], array)
    data = whole.read_bytes()
    path = tmp_path / "cut.tif"
    refused = 0
    for percent in range(100):
        path.write_bytes(data[: len(data) * percent // 100])
        try:
            values = opened(path)[1]
        except InputError:
            refused += 1
        else:
            np.testing.assert_array_equal(values, array)
    assert refused >= 95


def test_a_tiff_that_hides_planes_is_refused(tmp_path):
    path = tmp_path / "image.ome.tif"
    write_ome(path, count_up(4, 8, 9), "ZYX", contiguous=False)
    data = path.read_bytes().replace(b'SizeZ="4"', b'SizeZ="9"')
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"incomplete|cannot be read"):
        opened(path)


def test_several_images_in_one_tiff_are_refused(tmp_path):
    path = tmp_path / "image.tif"
    with tifffile.TiffWriter(path) as tif:
        tif.write(count_up(20, 30), photometric="minisblack")
        tif.write(count_up(21, 31), photometric="minisblack")
    with pytest.raises(InputError, match="2 different images"):
        describe(path)


def test_a_thumbnail_is_passed_over(tmp_path):
    path = tmp_path / "image.tif"
    with tifffile.TiffWriter(path) as tif:
        tif.write(count_up(200, 300), photometric="minisblack")
        tif.write(count_up(20, 30), photometric="minisblack")
    assert opened(path)[1].shape == (200, 300)


@pytest.mark.skipif(
    importlib.util.find_spec("imagecodecs") is not None,
    reason="imagecodecs is installed and decodes these",
)
@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg"])
def test_a_compression_that_needs_another_package_is_named(tmp_path, compression):
    path = tmp_path / "image.tif"
    picture = Image.fromarray(count_up(20, 30, dtype="u1"))
    picture.save(path, compression=compression)
    name = compression.removeprefix("tiff_").upper()
    with pytest.raises(
        InputError, match=f"with {name}.*Install the package imagecodec"
    ):
        describe(path)


# NIfTI


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize(
    ("shape", "axes"), [((7, 6), "YX"), ((7, 6, 5), "ZYX"), ((7, 6, 5, 2), "TZYX")]
)
def test_nifti_order_is_reversed(tmp_path, shape, axes, suffix):
    array = count_up(*shape, dtype="i2")
    path = tmp_path / f"image{suffix}"
    image = nibabel.Nifti1Image(array, np.diag([1.5, 0.5, 3.0, 1.0]))
    image.header.set_xyzt_units("mm", "sec")
    nibabel.save(image, path)
    ref, values = opened(path)
    assert ref.axes == axes
    spacing = (3000.0, 500.0, 1500.0) if "Z" in axes else (500.0, 1500.0)
    assert ref.spacing == pytest.approx(spacing)
    assert values.dtype == np.int16
    np.testing.assert_array_equal(values, array.T)


def test_nifti_slope_is_applied(tmp_path):
    path = tmp_path / "image.nii"
    image = nibabel.Nifti1Image(count_up(4, 5, 6, dtype="i2"), np.eye(4))
    image.header.set_slope_inter(2.0, -1024.0)
    nibabel.save(image, path)
    values = opened(path)[1]
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, np.asarray(nibabel.load(path).dataobj).T)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_truncated_nifti_is_refused(tmp_path, suffix):
    path = tmp_path / f"image{suffix}"
    noise = np.random.default_rng(0).integers(0, 999, (20, 20, 20)).astype("i2")
    nibabel.save(nibabel.Nifti1Image(noise, np.eye(4)), path)
    data = path.read_bytes()
    for percent in (0, 5, 50, 99):
        path.write_bytes(data[: len(data) * percent // 100])
        with pytest.raises(InputError, match=r"cut off|damaged"):
            opened(path)


def test_a_compressed_nifti_that_promises_too_much_is_refused(tmp_path):
    path = tmp_path / "image.nii"
    nibabel.save(nibabel.Nifti1Image(count_up(4, 4, 4, dtype="u1"), np.eye(4)), path)
    data = bytearray(path.read_bytes())
    data[42:48] = np.array([30000, 30000, 30000], "<i2").tobytes()
    path.write_bytes(data)
    with pytest.raises(InputError, match="cut off"):
        describe(path)


def test_a_real_ct_and_its_labels_agree(shared_data):
    image, voxels = opened(shared_data / "volumes" / "ct_image.nii.gz")
    labels, ids = opened(shared_data / "volumes" / "ct_labels.nii.gz", labels=True)
    assert image.axes == labels.axes == "ZYX"
    assert voxels.shape == ids.shape == (30, 101, 122)
    assert image.spacing == pytest.approx((3000.0, 3000.0, 3000.0), rel=0.01)
    assert len(np.unique(ids)) == 42


def test_real_nuclei_agree(shared_data):
    image, voxels = opened(shared_data / "volumes" / "nuclei3d_image.tif")
    labels, ids = opened(shared_data / "volumes" / "nuclei3d_labels.tif", labels=True)
    assert image.axes == labels.axes == "ZYX"
    assert voxels.shape == ids.shape == (31, 61, 57)


# Pictures


@pytest.mark.parametrize("dtype", ["u1", "u2", "?"])
def test_grey_png(tmp_path, dtype):
    array = count_up(7, 9, dtype=dtype)
    Image.fromarray(array).save(tmp_path / "image.png")
    ref, values = opened(tmp_path / "image.png")
    assert ref.axes == "YX"
    np.testing.assert_array_equal(values, array)


@pytest.mark.parametrize("channels", [3, 4])
def test_colour_png(tmp_path, channels):
    array = count_up(7, 9, channels, dtype="u1")
    Image.fromarray(array).save(tmp_path / "image.png")
    ref, values = opened(tmp_path / "image.png")
    assert ref.axes == "YXC"
    np.testing.assert_array_equal(values, array)


def test_palette_png_is_ids_or_colours(tmp_path):
    ids = count_up(7, 9, dtype="u1") % 3
    picture = Image.fromarray(ids, mode="P")
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    picture.save(tmp_path / "labels.png")
    ref, values = opened(tmp_path / "labels.png", labels=True)
    assert ref.axes == "YX"
    np.testing.assert_array_equal(values, ids)
    ref, values = opened(tmp_path / "labels.png")
    assert ref.axes == "YXC"
    np.testing.assert_array_equal(values[..., 0] == 255, ids == 1)


def test_a_picture_too_large_to_decode_at_once_is_refused(tmp_path, monkeypatch):
    Image.fromarray(count_up(40, 50, dtype="u1")).save(tmp_path / "image.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 900)
    with pytest.raises(InputError, match=r"too large for a picture .* tiled TIFF"):
        describe(tmp_path / "image.png")


def test_jpeg_labels_are_refused(tmp_path):
    Image.fromarray(count_up(7, 9, dtype="u1")).save(tmp_path / "labels.jpg")
    assert describe(tmp_path / "labels.jpg").axes == "YX"
    with pytest.raises(InputError, match="JPEG"):
        describe(tmp_path / "labels.jpg", labels=True)


# npy


@pytest.mark.parametrize("dtype", ["?", "u1", ">u2", "i8", "u8", "f2", ">f4", "f8"])
def test_npy_is_mapped(tmp_path, dtype):
    array = np.asfortranarray(count_up(7, 9, dtype=dtype))
    np.save(tmp_path / "image.npy", array)
    ref = describe(tmp_path / "image.npy")
    values = open_array(ref)
    assert isinstance(values, np.memmap)
    assert not values.flags.writeable
    np.testing.assert_array_equal(values, array)


def test_npy_with_objects_is_refused_and_runs_nothing(tmp_path):
    class Payload:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    np.save(tmp_path / "bad.npy", np.array([Payload()]), allow_pickle=True)
    with pytest.raises(InputError, match="cannot be read"):
        describe(tmp_path / "bad.npy")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("percent", [0, 1, 50, 99])
def test_a_truncated_npy_is_refused(tmp_path, percent):
    path = tmp_path / "image.npy"
    np.save(path, count_up(100, 100))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * percent // 100])
    with pytest.raises(InputError, match="damaged"):
        describe(path)


# Zarr


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_plain_zarr_array(tmp_path, zarr_format):
    array = count_up(5, 31, 37)
    zarr.save_array(tmp_path / "image.zarr", array, zarr_format=zarr_format)
    ref = describe(tmp_path / "image.zarr")
    assert ref.axes == "ZYX"
    lazy = open_array(ref)
    assert isinstance(lazy, zarr.Array)
    np.testing.assert_array_equal(lazy[...], array)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_axes_and_spacing(tmp_path, version):
    path = tmp_path / "image.ome.zarr"
    array = count_up(2, 3, 20, 21)
    write_ome_zarr(path, array, "czyx", [1.0, 2.0, 0.5, 0.25], version=version)
    ref, values = opened(path)
    assert (ref.axes, ref.spacing) == ("CZYX", (2.0, 0.5, 0.25))
    np.testing.assert_array_equal(values, array)


def test_ome_zarr_single_planes_are_left_out(tmp_path):
    path = tmp_path / "image.ome.zarr"
    array = count_up(1, 1, 3, 20, 21)
    write_ome_zarr(path, array, "tczyx", [1, 1, 2, 500, 250], unit="nanometer")
    ref = describe(path)
    assert ref.axes == "ZYX"
    assert ref.spacing == pytest.approx((0.002, 0.5, 0.25))
    lazy = open_array(ref)
    assert lazy.shape == (3, 20, 21)
    np.testing.assert_array_equal(lazy[1, 2:4, 5], array[0, 0, 1, 2:4, 5])


def test_a_zarr_that_points_outside_is_refused(tmp_path):
    zarr.save_array(tmp_path / "secret.zarr", count_up(4, 4))
    path = tmp_path / "image.ome.zarr"
    write_ome_zarr(path, count_up(4, 4), "yx", [1, 1])
    metadata = (path / "zarr.json").read_text()
    (path / "zarr.json").write_text(metadata.replace('"0"', '"../secret.zarr"'))
    with pytest.raises(InputError, match="points outside"):
        describe(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"filters": [{"id": "pickle"}]}, "'pickle', which is not opened"),
        ({"filters": [{"id": "vlen-utf8"}], "dtype": "|O"}, "not opened"),
        ({"compressor": {"id": "mystery"}}, "'mystery'"),
    ],
)
def test_zarr_codecs_that_could_run_code_are_refused(tmp_path, change, sentence):
    path = tmp_path / "image.zarr"
    zarr.save_array(path, count_up(4, 4), zarr_format=2)
    metadata = json.loads((path / ".zarray").read_text())
    (path / ".zarray").write_text(json.dumps(metadata | change))
    with pytest.raises(InputError, match=sentence):
        describe(path)


def test_sharded_zarr_is_opened(tmp_path):
    array = count_up(64, 64)
    made = zarr.create_array(
        tmp_path / "image.zarr",
        shape=array.shape,
        dtype=array.dtype,
        chunks=(16, 16),
        shards=(32, 32),
    )
    made[...] = array
    np.testing.assert_array_equal(opened(tmp_path / "image.zarr")[1], array)


def test_a_zarr_with_giant_chunks_is_refused(tmp_path):
    zarr.create_array(
        tmp_path / "image.zarr", shape=(10**6, 10**6), dtype="u1", chunks=(10**5, 10**5)
    )
    with pytest.raises(InputError, match="chunks of 9 GiB"):
        describe(tmp_path / "image.zarr")


def test_a_zarr_group_names_what_it_has(tmp_path):
    group = zarr.open_group(tmp_path / "image.zarr", mode="w")
    group.create_array("cells", shape=(4, 4), dtype="u1")
    with pytest.raises(InputError, match="without an OME-Zarr image; it has cells"):
        describe(tmp_path / "image.zarr")


def test_an_ome_zarr_without_its_array_is_refused(tmp_path):
    path = tmp_path / "image.ome.zarr"
    write_ome_zarr(path, count_up(4, 4), "yx", [1, 1])
    shutil.rmtree(path / "0")
    with pytest.raises(InputError, match="lacks its full resolution"):
        describe(path)


# Anything


@pytest.mark.parametrize(
    "name", ["a.tif", "a.png", "a.npy", "a.nii", "a.nii.gz", "a.jpg"]
)
@pytest.mark.parametrize("content", [b"", b"\0" * 9, b"II*\0\x08\0\0\0", b"\x93NUMPY"])
def test_rubbish_is_a_sentence(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"a\..*(damaged|not a TIFF).*"):
        opened(tmp_path / name)


def test_missing_and_unknown_files(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        describe(tmp_path / "nothing.tif")
    (tmp_path / "image.docx").touch()
    with pytest.raises(InputError, match="unknown format"):
        describe(tmp_path / "image.docx")
    with pytest.raises(InputError, match="is a folder but no zarr"):
        describe(tmp_path)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0,)])
def test_empty_arrays_are_refused(tmp_path, shape):
    np.save(tmp_path / "image.npy", np.zeros(shape))
    with pytest.raises(InputError, match="is empty"):
        describe(tmp_path / "image.npy")


@pytest.mark.parametrize("dtype", ["c8", "U3", "M8[s]", [("r", "u1")]])
def test_pixels_must_be_plain_numbers(tmp_path, dtype):
    np.save(tmp_path / "image.npy", np.zeros((3, 3), dtype))
    with pytest.raises(InputError, match="plain numbers"):
        describe(tmp_path / "image.npy")


@pytest.mark.parametrize("shape", [(5,), (2, 2, 2, 2, 2, 2)])
def test_too_few_or_many_dimensions(tmp_path, shape):
    np.save(tmp_path / "image.npy", np.zeros(shape))
    with pytest.raises(InputError, match="dimensions"):
        describe(tmp_path / "image.npy")


def test_float_labels_are_refused(tmp_path):
    np.save(tmp_path / "labels.npy", np.zeros((3, 3)))
    with pytest.raises(InputError, match="whole numbers"):
        describe(tmp_path / "labels.npy", labels=True)


@pytest.mark.parametrize(
    ("shape", "axes", "fits"),
    [
        ((4, 5), "ZYX", (1, 4, 5)),
        ((4, 5), "YXC", (4, 5, 1)),
        ((4, 5), "TCZYX", (1, 1, 1, 4, 5)),
        ((1, 4, 5), "YX", (4, 5)),
        ((1, 4, 5), "TYX", (1, 4, 5)),
        ((3, 4, 5), "TYX", (3, 4, 5)),
        ((3, 4, 5), "YX", None),
        ((1, 3, 4, 5), "YX", None),
    ],
)
def test_axes_that_the_user_gives(tmp_path, shape, axes, fits):
    path = tmp_path / "image.npy"
    np.save(path, count_up(*shape))
    if fits is None:
        with pytest.raises(InputError, match="one letter per dimension"):
            describe(path, axes=axes)
        return
    ref, values = opened(path, axes=axes)
    assert ref.axes == axes
    assert values.shape == fits
    np.testing.assert_array_equal(values.ravel(), count_up(*shape).ravel())


# Writing


@pytest.mark.parametrize("suffix", [".tif", ".ome.tif", ".npy", ".ome.zarr"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_written_labels_are_never_overwritten_unasked(tmp_path, suffix, overwrite):
    if overwrite and suffix != ".ome.zarr":
        pytest.skip("files may be replaced, folders never")
    path = tmp_path / f"labels{suffix}"
    ref = write_labels(path, np.ones((3, 4), "u1"), "YX")
    with pytest.raises(StorageError, match="exists already"):
        write_labels(path, np.zeros((3, 4), "u1"), "YX", overwrite=overwrite)
    assert np.asarray(open_array(ref)).all()
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".tif", ".npy"])
def test_float_labels_are_not_written(tmp_path, suffix):
    with pytest.raises(InputError, match="whole numbers"):
        write_labels(tmp_path / f"labels{suffix}", np.zeros((3, 4)), "YX")
    assert not list(tmp_path.iterdir())


def test_other_formats_are_not_written(tmp_path):
    with pytest.raises(InputError, match=r"\.tif, \.zarr or \.npy"):
        write_labels(tmp_path / "labels.png", np.zeros((3, 4), int), "YX")


@pytest.mark.parametrize("ids", [[0, 2**32], [-1, 2**31], [2**63 + 1]])
def test_ids_beyond_32_bits_need_npy(tmp_path, ids):
    dtype = "u8" if max(ids) >= 2**63 else "i8"
    labels = np.array([ids], dtype)
    with pytest.raises(InputError, match="32 bits"):
        write_labels(tmp_path / "labels.tif", labels, "YX")
    assert not list(tmp_path.iterdir())
    ref = write_labels(tmp_path / "labels.npy", labels, "YX")
    np.testing.assert_array_equal(open_array(ref), labels)


def test_written_tiff_is_read_by_others(tmp_path):
    labels = count_up(3, 8, 9)
    write_labels(tmp_path / "labels.tif", labels, "ZYX", (2.0, 0.5, 0.5))
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "labels.tif"), labels)


def test_large_planes_are_tiled(tmp_path):
    labels = np.random.default_rng(0).integers(0, 70_000, (1031, 1543), np.uint32)
    ref = write_labels(tmp_path / "labels.tif", labels, "YX", (0.5, 0.25))
    with tifffile.TiffFile(ref.path) as tif:
        assert tif.pages.first.is_tiled
    np.testing.assert_array_equal(open_array(ref), labels)
    assert describe(ref.path, labels=True) == ref


NOTES = LabelNotes(
    classes=(ClassInfo(id=7, name="nucleus <µ>", color="#E69F00"),),
    metadata={"model": "ÄÖ & \x00", "prompts": {"version": 1}},
)


def test_classes_are_told_to_other_programs(tmp_path):
    path = tmp_path / "labels.ome.zarr"
    write_labels(path, np.full((3, 4), 7, "u2"), "YX", (0.5, 0.25), notes=NOTES)
    ome = json.loads((path / "zarr.json").read_text())["attributes"]["ome"]
    (image,) = ome["multiscales"]
    assert image["axes"] == [
        {"name": "y", "type": "space", "unit": "micrometer"},
        {"name": "x", "type": "space", "unit": "micrometer"},
    ]
    label = ome["image-label"]
    assert label["colors"] == [{"label-value": 7, "rgba": [230, 159, 0, 255]}]
    assert label["properties"] == [{"label-value": 7, "class": "nucleus <µ>"}]


@pytest.mark.parametrize("suffix", [".ome.tif", ".ome.zarr"])
def test_notes_that_are_damaged_are_no_notes(tmp_path, suffix):
    path = tmp_path / f"labels{suffix}"
    write_labels(path, np.ones((3, 4), "u1"), "YX", notes=NOTES)
    assert read_notes(path) == NOTES
    file = path / "zarr.json" if path.is_dir() else path
    file.write_bytes(file.read_bytes().replace(b"#E69F00", b"#E69FxX"))
    assert read_notes(path) == LabelNotes()
    np.testing.assert_array_equal(open_array(describe(path, labels=True)), 1)


def test_files_without_notes_have_none(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((3, 4), "u1"))
    tifffile.imwrite(tmp_path / "a.tif", np.ones((3, 4), "u1"))
    for name in ("a.npy", "a.tif", "missing.tif"):
        assert read_notes(tmp_path / name) == LabelNotes()


def test_a_chunk_of_a_saved_zarr_that_is_lost_or_changed_is_noticed(tmp_path):
    path = tmp_path / "labels.zarr"
    ref = write_labels(path, np.zeros((3, 4), "u1"), "YX")
    (chunk,) = (p for p in (path / "0" / "c").rglob("*") if p.is_file())
    whole = chunk.read_bytes()
    chunk.write_bytes(whole[:-6] + bytes([whole[-6] ^ 1]) + whole[-5:])
    with pytest.raises(Exception, match=r"(?i)checksum|crc"):
        np.asarray(open_array(ref))
    chunk.unlink()
    assert missing_chunks(open_array(ref)) == 1


label_dtypes = st.sampled_from(
    ["?", "u1", "i1", "u2", ">u2", "i2", "u4", ">i4", "i8", "u8", ">u8"]
)
small_shapes = st.sampled_from(["YX", "ZYX", "TYX", "TZYX"]).flatmap(
    lambda axes: st.tuples(
        st.just(axes),
        st.tuples(*[st.sampled_from([1, 2, 3, 7, 13, 16]) for _ in axes]),
    )
)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
label_notes = st.builds(
    LabelNotes,
    classes=st.lists(
        st.builds(
            ClassInfo,
            id=st.integers(1, 2**31 - 1),
            name=st.text(min_size=1, max_size=200),
            color=st.from_regex(r"\A#[0-9a-f]{6}\Z"),
            thing=st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    metadata=st.dictionaries(st.text(), json_values, max_size=3),
)


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(dtype=label_dtypes, axes_shape=small_shapes, data=st.data())
def test_labels_survive_a_round_trip(tmp_path, dtype, axes_shape, data):
    axes, shape = axes_shape
    kind = np.dtype(dtype)
    # OME-TIFF has 32 bits: larger ids are another test's.
    limits = (0, 1) if kind.kind == "b" else (np.iinfo(kind).min, np.iinfo(kind).max)
    low = max(limits[0], -(2**31))
    high = min(limits[1], 2**31 - 1 if low < 0 else 2**32 - 1)
    elements = st.booleans() if kind.kind == "b" else st.integers(low, high)
    labels = data.draw(arrays(kind, shape, elements=elements))
    n = sum(a in "ZYX" for a in axes)
    spacing = data.draw(
        st.none() | st.tuples(*[st.floats(1e-4, 1e4, allow_nan=False)] * n)
    )
    suffix = data.draw(st.sampled_from([".tif", ".npy", ".ome.zarr"]))
    notes = data.draw(label_notes)
    path = tmp_path / f"labels{suffix}"
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    written = write_labels(path, labels, axes, spacing, notes=notes)
    values = open_array(written)
    assert values.shape == labels.shape
    np.testing.assert_array_equal(values, labels)
    if kind.itemsize < 8 and kind.kind != "b":
        assert values.dtype.newbyteorder("=") == kind.newbyteorder("=")
    again = describe(path, labels=True, axes=axes)
    np.testing.assert_array_equal(open_array(again), labels)
    if suffix != ".npy":
        assert again.spacing == spacing
        assert read_notes(path) == notes
