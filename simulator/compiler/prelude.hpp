// Included before every device source by the stand-in compiler: what SFPI's GCC knows and the stock one does not.
// 1. `.ttinsn V`, SFPI's assembler directive for a Tensix instruction in the RISC-V stream: V rotated left by two
//    (the two bits that mark a 32-bit RISC-V instruction may not both be set in a Tensix one; ISA document
//    "PushTensixInstruction").
// 2. `static_assert(false)` in a template that is never instantiated is an error before GCC 13 (CWG 2518). GCC 12 gets
//    it switched off, after the standard headers that need it.
#pragma once

__asm__(".macro .ttinsn v\n.4byte (((\\v) << 2) | (((\\v) >> 30) & 3)) & 0xffffffff\n.endm");

#include <cstddef>
#include <cstdint>
#include <type_traits>

#if __GNUC__ < 13
#define static_assert(...)
#endif
