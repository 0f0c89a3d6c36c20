"""Faster execution of the same simulation: every cycle count and every result stays as wolfpine computes it.

    rv_operations.py   RISC-V instructions, decoded once per word into (function, operands)
    core.py            a baby core's tick: integer registers, direct memory, wolfpine's cost model
    wait_loop.py       a core that provably polls unchanged memory is frozen until that memory changes
    tile.py            a tile's tick calls only the units that have work
    packer.py          whole rows of datums packed at once

LAYERNORM_SIM_QUICK=0 switches all of it off; the tests compare both.
"""
