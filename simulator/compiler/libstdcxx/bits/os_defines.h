// SPDX-License-Identifier: Apache-2.0
// Empty on purpose: no operating system on a Tensix core. See c++config.h beside this file.
