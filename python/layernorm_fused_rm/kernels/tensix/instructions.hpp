// SPDX-License-Identifier: Apache-2.0
// ttnn's macros for Tensix instructions (ckernel_ops.h), as expressions with every ttnn that is tested: TTI_ and TTI_INSN
// take constants and put the word into the RISC-V program, TT_ and TT_INSN take numbers of run time and store it.
//
// The one file of the kernels in which versions of ttnn differ; told apart by what the header defines.
#pragma once

#include "ckernel_ops.h"

// Before 0.80 each TTI_ ends in INSTRUCTION_WORD, an asm statement, which can stand neither in parentheses nor beside a
// comma; and there is no macro for a word of one's own.
#ifdef INSTRUCTION_WORD
#undef INSTRUCTION_WORD
#define INSTRUCTION_WORD(word) ({ __asm__ __volatile__(".ttinsn %0" ::"n"(static_cast<unsigned>(word))); })
#define TTI_INSN(word) INSTRUCTION_WORD(word)
#define TT_INSN(word) static_cast<void>(ckernel::instrn_buffer[0] = (word))
#endif
