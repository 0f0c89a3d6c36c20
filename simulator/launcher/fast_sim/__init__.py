# SPDX-License-Identifier: Apache-2.0
"""Faster execution of the same simulation: every cycle count and every result stays as wolfpine computes it.

    rv_operations.py   RISC-V instructions, decoded once per word into (function, operands)
    registers.py       wolfpine's view of a core's registers
    core.py            a baby core's tick: integer registers, direct memory, wolfpine's cost model
    wait_loop.py       a core that provably polls unchanged memory is frozen until that memory changes
    tile.py            a tile's tick calls only the units that have work
    pump.py            the device's clock visits only tiles that are awake or due
    lookups.py         decoded Tensix instructions and register layouts, remembered
    sfpu.py            vector instructions on 32 lanes at once
    packer.py          whole rows of datums packed at once

LAYERNORM_SIM_QUICK=0 switches all of it off; the tests compare both.
"""
