// SPDX-License-Identifier: Apache-2.0
// The host's libstdc++ configuration, made fit for a bare RISC-V core: device code uses the host's libstdc++ headers
// (they are architecture-neutral), and this file takes back what the host's configure run found in its C library.
// bits/os_defines.h and bits/cpu_defines.h beside this file are empty for the same reason.
// _GLIBCXX_USE_C99_STDINT_TR1 must stay: <cstdint> declares nothing without it.
#pragma once

#include_next <bits/c++config.h>

#undef _GLIBCXX_HAS_GTHREADS
#undef _GLIBCXX_HAVE_ALIGNED_ALLOC
#undef _GLIBCXX_HAVE_AT_QUICK_EXIT
#undef _GLIBCXX_HAVE_FLOAT128
#undef _GLIBCXX_HAVE_LINUX_FUTEX
#undef _GLIBCXX_HAVE_QUICK_EXIT
#undef _GLIBCXX_HAVE_TLS
#undef _GLIBCXX_USE_FLOAT128
#undef _GLIBCXX_USE_WCHAR_T
