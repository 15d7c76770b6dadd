"""Pictures made by one seeded generator, with truth that is exact by making."""
