#!/usr/bin/env python3
"""Each complaint of steady.Samples, made once, and none where nothing grows."""
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import steady  # noqa: E402

FLAT = {"resident": lambda t: 16 << 20, "series": lambda t: 200, "descriptors": lambda t: 30, "threads": lambda t: 9}


def samples(**values):
    """An hour of one every 15 s; `values`: functions of the second in place of FLAT's."""
    made = steady.Samples()
    for second in range(0, 3600, 15):
        made.add(second, **{name: value(second) for name, value in {**FLAT, **values}.items()})
    return made


class Complaints(unittest.TestCase):
    def test_none_of_what_is_flat(self):
        self.assertEqual(samples().complaints(), [])

    def test_none_of_noise_or_a_warm_up(self):
        chance = random.Random(7)
        noisy = samples(resident=lambda t: (16 << 20) + chance.randrange(1 << 20) - max(0, 1200 - t) * 4096,
                        series=lambda t: 200 + chance.randrange(80), descriptors=lambda t: 30 + (chance.random() < 0.2))
        self.assertEqual(noisy.complaints(), [])

    def test_memory(self):
        # Half the bound is borne, twice the bound is not.
        self.assertEqual(samples(resident=lambda t: (16 << 20) + steady.RESIDENT_A_HOUR * t // 7200).complaints(), [])
        wrong = samples(resident=lambda t: (16 << 20) + steady.RESIDENT_A_HOUR * t // 1800).complaints()
        self.assertEqual(len(wrong), 1)
        self.assertIn("memory grows", wrong[0])

    def test_what_is_counted(self):
        for name in ("series", "descriptors", "threads"):
            grown = FLAT[name](0) * 8 // 5
            wrong = samples(**{name: lambda t: FLAT[name](0) if t < 2700 else grown}).complaints()
            self.assertEqual(len(wrong), 1, name)
            self.assertIn(name, wrong[0])


unittest.main()
