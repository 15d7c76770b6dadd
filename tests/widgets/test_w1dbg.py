import numpy as np, pytest
from napari_segsuite.data.classes import ClassInfo
from napari_segsuite.data.synthesis.nuclei import nuclei
from napari_segsuite.widgets.layer_classes import declare
from napari_segsuite.widgets.panoptic.panoptic_dock import PanopticDock
from napari_segsuite.widgets.measure.metrics_dock import MetricsDock
from napari_segsuite.widgets.activity import State


def test_it(make_napari_viewer, qtbot):
    image, truth = nuclei(
        np.random.default_rng(2), (128, 128), (1.0, 1.0), count=40, radius=6.0
    )
    viewer = make_napari_viewer(show=True)
    viewer.add_labels(truth, name="drawn")
    from napari_segsuite.widgets.object_layers import objects_result
    from napari_segsuite.data.segments import segments_of

    lab = np.roll(truth, 2, 1).astype(np.int32)
    from napari_segsuite.data.segments import Segment

    cl = (
        ClassInfo(id=1, name="background", thing=False),
        ClassInfo(id=2, name="object"),
    )
    segs = [s.replace(score=0.8) for s in segments_of(lab, {}, 2)]
    found = viewer.add_layer(
        objects_result(
            lab,
            like=viewer.layers[0],
            axes="YX",
            offset=(0, 0),
            name="f",
            segments=segs,
            classes=cl,
            provenance={"model": "x", "readout": "instances"},
        )
    )
    panoptic = PanopticDock(viewer)
    metrics = MetricsDock(viewer)
    viewer.window.add_dock_widget(panoptic)
    viewer.window.add_dock_widget(metrics)
    metrics.form.truth.choose(viewer.layers["drawn"])
    metrics.form.prediction.choose(found)
    qtbot.waitUntil(
        lambda: metrics.report is not None and metrics.report.instances is not None,
        timeout=20000,
    )
    classes = viewer.add_labels((truth > 0).astype(np.uint8) + 1, name="classes")
    declare(
        classes,
        (
            ClassInfo(id=1, name="background", thing=False),
            ClassInfo(id=2, name="nucleus"),
        ),
    )
    panoptic.source.setCurrentText("two layers")
    panoptic.layers.semantic.choose(classes)
    for layer in (viewer.layers["drawn"], found):
        panoptic.layers.instances.choose(layer)
        qtbot.waitUntil(panoptic.start.isEnabled, timeout=20_000)
        panoptic.start.click()
        qtbot.waitUntil(lambda: not panoptic.work.busy, timeout=60000)
        assert panoptic.work.state is State.FINISHED, panoptic.status.text
        print(panoptic.status.text)
    pair = [one for one in viewer.layers if "panoptic" in one.name]
    metrics.form.truth.choose(pair[0])
    metrics.form.prediction.choose(pair[1])
    qtbot.wait(4000)
    print(
        "LAYERS",
        [(l.name, l.features.shape, np.unique(l.data)[:4]) for l in pair],
        panoptic.layers.semantic.layer,
        metrics.form.truth.layer,
        metrics.form.prediction.layer,
    )
    print(
        "REPORT",
        metrics.report and metrics.report.mode,
        metrics.state.text(),
        metrics.form.mode.currentText(),
        metrics.form._mode,
    )
    from napari_segsuite.widgets.measure.segments import segment_classes

    print([list((segment_classes(l) or {}).items())[:4] for l in pair])
