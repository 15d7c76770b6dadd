"""The promptable model that ships inside: a small U-Net on a crop around the click."""
