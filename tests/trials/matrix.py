"""What can go wrong, what happens then, and the tests that prove it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One fault."""

    number: int
    """Its number in the fault matrix that the design began with."""
    fault: str
    """What goes wrong."""
    outcome: str
    """What happens then."""
    tests: tuple[str, ...]
    """The tests that prove it, as pytest names them."""


def tests_of_rows() -> tuple[str, ...]:
    """Return the tests of all rows, each once."""
    return tuple(dict.fromkeys(test for row in ROWS for test in row.tests))


_JOURNAL = "tests/data/journal"
_SAFETY = "tests/widgets/safety"
_FORMATS = "tests/data/test_formats.py"

ROWS = (
    Row(
        1,
        "The worker is killed while it trains",
        "The dock says so, layers are untouched, the next training works; the "
        "training goes on from its last checkpoint with the same bits",
        (
            "tests/widgets/test_whole_path.py::"
            "test_a_killed_worker_costs_nothing_but_the_training",
            "tests/engine/test_resuming.py::"
            "test_a_training_killed_at_random_moments_ends_with_the_same_weights",
            "tests/runners/test_killed_workers.py",
        ),
    ),
    Row(
        2,
        "The worker is killed while it saves a model",
        "The model before, or the new one, is whole; what was half-written goes",
        (
            "tests/models/test_publishing.py::"
            "test_readers_and_kills_always_find_a_whole_model",
            "tests/models/test_publishing.py::test_what_a_kill_left_is_tidied",
            "tests/power_cuts/test_power_cuts.py",
        ),
    ),
    Row(
        3,
        "The worker is killed while it sends a result",
        "Half a result is no result",
        (
            "tests/runners/test_process.py::TestCrashes::test_half_a_result_is_no_result",
        ),
    ),
    Row(
        4,
        "napari is killed",
        "The next start offers every stroke; the worker ends too",
        (
            f"{_JOURNAL}/test_kills.py",
            f"{_SAFETY}/test_banner.py::"
            "test_lost_painting_is_offered_and_restored_once",
            "tests/runners/test_worker.py::test_is_gone_when_its_parent_is_killed",
        ),
    ),
    Row(
        5,
        "napari is killed while it restores",
        "Finding what was lost changes nothing: it is offered again",
        ("tests/data/test_recovery.py::test_finding_is_no_taking",),
    ),
    Row(
        6,
        "The power fails",
        "What was said to be on disk is there",
        ("tests/power_cuts/test_power_cuts.py",),
    ),
    Row(
        7,
        "The disk is full, faulty or read-only",
        "The old file is whole; a sentence, or a banner until it is over",
        (
            "tests/test_failing_disk.py",
            "tests/engine/test_predict_unet.py::"
            "test_a_full_disk_is_told_before_anything_is_computed",
            f"{_JOURNAL}/test_layer.py::test_any_operation_may_fail_and_nothing_is_lost",
            "tests/models/test_unfinished.py::test_every_operation_may_fail_once",
            f"{_SAFETY}/test_banner.py::test_a_full_disk_is_said_until_it_is_over",
        ),
    ),
    Row(
        9,
        "Memory is used up while strokes are written",
        "The writer goes on, and tells",
        (f"{_JOURNAL}/test_writer.py::test_the_thread_outlives_any_error",),
    ),
    Row(
        15,
        "A model file is cut off or one bit of it has changed",
        "It is refused",
        (
            "tests/models/test_folder.py::test_every_truncation_is_refused",
            "tests/models/test_folder.py::test_every_flipped_bit_of_the_weights_is_refused",
            "tests/models/test_unfinished.py::test_a_flipped_bit_is_refused",
        ),
    ),
    Row(
        17,
        "Weights are not finite",
        "They are neither published nor loaded",
        (
            "tests/models/test_publishing.py::"
            "test_weights_that_are_not_finite_are_not_published",
        ),
    ),
    Row(
        20,
        "An image is damaged or cut off",
        "It is refused, or every pixel is right; never a smaller image",
        (
            f"{_FORMATS}::test_a_truncated_tiff_is_refused_or_whole",
            f"{_FORMATS}::test_a_tiff_that_hides_planes_is_refused",
            f"{_FORMATS}::test_a_truncated_nifti_is_refused",
            f"{_FORMATS}::test_a_truncated_npy_is_refused",
        ),
    ),
    Row(
        23,
        "A chunk of a zarr is missing or damaged",
        "It is noticed before any pixel is used",
        (
            f"{_FORMATS}::test_a_chunk_of_a_saved_zarr_that_is_lost_or_changed_is_noticed",
            "tests/data/test_image_checks.py::test_a_missing_chunk_is_refused",
        ),
    ),
    Row(
        26,
        "A layer is deleted while a job works on it",
        "The job goes on with what it read; its result is a new layer",
        (
            "tests/widgets/test_meanwhile.py::"
            "test_whatever_happens_meanwhile_the_result_is_a_new_layer",
            "tests/widgets/test_train_dock.py::"
            "test_what_happens_to_the_layers_meanwhile_harms_nothing",
            f"{_SAFETY}/test_net.py::test_a_removed_layer_is_let_go_but_kept",
        ),
    ),
    Row(
        27,
        "A layer is renamed or moved while a job works on it",
        "The result lies where the image lay",
        (
            "tests/widgets/test_meanwhile.py::"
            "test_whatever_happens_meanwhile_the_result_is_a_new_layer",
        ),
    ),
    Row(
        28,
        "Labels are painted on while a job works",
        "The job sees them as they were; no stroke is overwritten",
        (
            "tests/widgets/test_meanwhile.py::"
            "test_whatever_happens_meanwhile_the_result_is_a_new_layer",
            "tests/widgets/test_snapshots.py::test_a_copy_does_not_see_later_strokes",
            "tests/widgets/test_preview.py::test_what_the_user_painted_in_it_stays",
        ),
    ),
    Row(
        29,
        "The pixels change under what was computed of them for prompts",
        "It is computed anew",
        (
            "tests/engine/prompting/test_embeddings.py::"
            "test_what_has_changed_is_never_reused",
        ),
    ),
    Row(
        30,
        "The window is closed during a job",
        "The worker ends, nothing is left, no warning",
        (
            "tests/widgets/test_whole_path.py::"
            "test_closing_the_window_during_a_job_leaves_nothing_behind",
            "tests/widgets/test_session.py::"
            "test_closing_ends_the_worker_and_deletes_the_scratch_folder",
        ),
    ),
    Row(
        31,
        "Ids have gaps, are negative or huge",
        "They come back exactly, or are refused before training",
        (
            f"{_FORMATS}::test_labels_survive_a_round_trip",
            f"{_FORMATS}::test_ids_beyond_32_bits_need_npy",
            "tests/data/test_painted.py::test_target_maps_back",
            "tests/data/test_painted.py::test_what_cannot_be_learned_from",
            "tests/data/test_recovery.py::test_any_ids_come_back_exactly",
            "tests/widgets/test_layers.py::test_ids_of_any_size_have_their_colours",
        ),
    ),
    Row(
        32,
        "There are more objects than a dtype has numbers",
        "No id wraps: a wider dtype, or a refusal",
        (
            "tests/data/prompts/test_placing.py::test_ids_never_wrap",
            f"{_FORMATS}::test_labels_survive_a_round_trip",
            "tests/widgets/test_geometry.py::test_many_objects_keep_their_ids",
        ),
    ),
    Row(
        33,
        "Nothing is painted",
        "Train is off and says what to do",
        (
            "tests/widgets/test_train_dock.py::"
            "test_without_a_painting_it_says_what_to_do",
            "tests/data/test_painted.py::"
            "test_nothing_painted_is_refused_with_background_too",
        ),
    ),
    Row(
        34,
        "Only one class is painted",
        "It is explained, and background offered",
        (
            "tests/widgets/test_train_dock.py::"
            "test_one_class_is_explained_and_background_is_offered",
        ),
    ),
    Row(
        35,
        "One slice of a stack is painted",
        "What is unpainted is ignored: it has no part in the loss",
        (
            "tests/engine/test_regions.py::test_frames_without_paint_are_not_loaded",
            "tests/engine/test_regions.py::"
            "test_unpainted_slices_of_a_volume_are_ignored",
            "tests/engine/test_losses.py::test_unpainted_pixels_have_no_gradient",
        ),
    ),
    Row(
        36,
        "A pixel is NaN or infinite, anywhere",
        "It is counted and named, and the image refused",
        (
            "tests/data/test_image_checks.py::test_a_bad_pixel_at_any_place_is_found",
            "tests/engine/test_predict_unet.py::"
            "test_a_pixel_that_is_not_finite_is_refused",
        ),
    ),
    Row(
        37,
        "The array is empty, tiny, odd, big-endian, lazy, a pyramid",
        "It works, or is refused in a sentence",
        (
            f"{_FORMATS}::test_empty_arrays_are_refused",
            "tests/widgets/test_snapshots.py::test_arrays_of_every_kind_keep_their_values",
            "tests/widgets/test_snapshots.py::test_the_largest_level_of_a_pyramid_is_copied",
            "tests/engine/test_predict_unet.py::test_small_and_prime_sizes",
            "tests/data/test_frames.py::test_dask_arrays_are_read_lazily",
        ),
    ),
    Row(
        38,
        "A chunk of a lazy image cannot be computed",
        "The job fails and names it; the window lives",
        (
            "tests/widgets/test_snapshots.py::"
            "test_a_lazy_array_whose_chunk_fails_is_told_by_name",
            "tests/data/test_frames.py::test_a_failing_dask_chunk_is_a_sentence",
        ),
    ),
    Row(
        39,
        "Image and labels differ in shape or place",
        "They are refused, with both shown; what is made for an image lies on it, "
        "whatever its transform",
        (
            "tests/widgets/test_geometry.py::test_what_is_painted_lies_where_it_is_seen",
            "tests/widgets/test_geometry.py::test_labels_a_pixel_away_are_refused",
            "tests/data/test_image_checks.py::test_pairs_that_do_not_fit",
            "tests/data/test_image_checks.py::test_pairs_of_another_spacing",
        ),
    ),
    Row(
        40,
        "Labels are saved",
        "They are read back and compared before it is said; nothing is replaced "
        "unasked",
        (
            f"{_SAFETY}/test_saving.py::test_what_was_saved_reads_back_bit_for_bit",
            f"{_SAFETY}/test_saving.py::test_a_failed_save_leaves_the_old_file",
            f"{_SAFETY}/test_saving.py::test_a_file_is_not_replaced_unasked",
            f"{_FORMATS}::test_labels_survive_a_round_trip",
        ),
    ),
    Row(
        42,
        "A job is cancelled, at any moment",
        "It ends; what was kept before is whole",
        ("tests/runners/test_process.py::TestRequests::test_cancel_at_any_moment",),
    ),
    Row(
        44,
        "The worker sends garbage",
        "It is ended and the job fails in a sentence",
        (
            "tests/jobs/test_messages.py::test_mutants_raise_nothing_else",
            "tests/runners/test_process.py::TestCrashes::"
            "test_garbage_fails_the_job_and_ends_the_worker",
        ),
    ),
    Row(
        49,
        "One model folder is trained twice at once",
        "The second training is refused",
        (
            "tests/engine/test_resuming.py::test_a_model_is_trained_by_one_job_at_a_time",
        ),
    ),
    Row(
        53,
        "Another plugin writes into a layer, or our notes fail",
        "Changes are found; no stroke is lost to an error of ours",
        (
            f"{_JOURNAL}/test_layer.py::test_changes_nobody_told_of_are_found_by_a_sweep",
            f"{_SAFETY}/test_net.py::test_an_error_in_our_notes_costs_no_stroke",
        ),
    ),
)
