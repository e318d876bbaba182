# SPDX-License-Identifier: MIT
"""A slow stretch of network: holds back a share of a server's answers.
    delay.py LISTEN_ADDRESS PORT SERVER_ADDRESS DELAY_SECONDS SHARE"""
import random
import sys

from relay import serve

chance = random.Random(1)
seconds, share = float(sys.argv[4]), float(sys.argv[5])
serve(sys.argv[1], int(sys.argv[2]), sys.argv[3], delay_s=lambda: seconds if chance.random() < share else 0)
