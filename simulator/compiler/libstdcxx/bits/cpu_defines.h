// SPDX-License-Identifier: Apache-2.0
// Empty on purpose: no host processor on a Tensix core. See c++config.h beside this file.
