// SPDX-License-Identifier: Apache-2.0
// Four retained bytes of data for every device program: the ELF loader of tt-metal refuses an empty data segment.
[[gnu::used, gnu::retain, gnu::section(".data")]] int layernorm_fused_rm_keep_data = 1;
