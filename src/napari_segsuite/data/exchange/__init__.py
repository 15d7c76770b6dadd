"""Label images from and to the files of other programs: COCO, ImageJ."""
