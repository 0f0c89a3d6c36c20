// SPDX-License-Identifier: Apache-2.0
// Included before every device source by the stand-in compiler: what SFPI's GCC knows and the stock one does not:
// `.ttinsn V`, SFPI's assembler directive for a Tensix instruction in the RISC-V stream: V rotated left by two
// (the two bits that mark a 32-bit RISC-V instruction may not both be set in a Tensix one; ISA document
// "PushTensixInstruction").
#pragma once

__asm__(".macro .ttinsn v\n.4byte (((\\v) << 2) | (((\\v) >> 30) & 3)) & 0xffffffff\n.endm");
