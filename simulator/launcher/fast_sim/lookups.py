# SPDX-License-Identifier: Apache-2.0
"""Remember what wolfpine looks up again for every Tensix instruction: decoded instructions, register layouts, masks.

All are pure functions of their argument: an instruction word, a configuration register's name, a semaphore mask. No
caller of wolfpine 2.2 changes a decoded instruction (the only writes to it are in the decoder itself), so one
dictionary can be shared.
"""

from __future__ import annotations

from functools import cache, lru_cache

from framework.pe.tensix.backend import TensixBackend
from framework.pe.tensix.frontend import WaitGate
from framework.pe.tensix.util import TensixConfigurationConstants, TensixInstructionDecoder

# Distinct instruction words of a long run: a few thousand.
MAX_INSTRUCTIONS = 1 << 16


def install() -> None:
    decode_word = TensixInstructionDecoder.getInstructionInfo
    is_known = TensixInstructionDecoder.isInstructionRecognised
    TensixInstructionDecoder.getInstructionInfo = staticmethod(lru_cache(MAX_INSTRUCTIONS)(decode_word))
    TensixInstructionDecoder.isInstructionRecognised = staticmethod(lru_cache(MAX_INSTRUCTIONS)(is_known))

    @cache
    def semaphores_of_mask(mask: int) -> tuple[int, ...]:
        return tuple(index for index in range(8) if mask >> index & 1)

    WaitGate.LatchedInstruction.getSemaphoresToCheck = lambda latched: semaphores_of_mask(latched.semaphore_mask)

    constants = TensixConfigurationConstants

    @cache
    def layout(key: str) -> tuple[int, int, int]:
        return constants.get_addr32(key), constants.get_shamt(key), constants.get_mask(key)

    exists = lru_cache(maxsize=None)(constants.exists)
    values_of_words = TensixBackend.getConfigValue

    def get_config_value(self, state_id, key, words=1):
        if words != 1:
            return values_of_words(self, state_id, key, words)
        address, shift, mask = layout(key)
        return (self.config_unit.get_config_entry(state_id, address) & mask) >> shift

    def get_thread_config_value(self, issue_thread, key):
        if not exists(key):
            return 0
        address, shift, mask = layout(key)
        return (self.config_unit.get_threadConfig_entry(issue_thread, address) & mask) >> shift

    TensixBackend.getConfigValue = get_config_value
    TensixBackend.getThreadConfigValue = get_thread_config_value
