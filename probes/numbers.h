/* SPDX-License-Identifier: MIT */
/* Which numbers sys-filter-numbers, -i386 and -x32 try; the unit test of holes simulates the same. */
#ifndef NUMBERS_H
#define NUMBERS_H

/* As of Linux 6.17: 469 is the last, and between the old and the common numbers there is a gap. */
#define NUMBERS_GAP_X86_64  337
#define NUMBERS_GAP_AARCH64 295
#define NUMBERS_GAP_END	    402
#define NUMBERS_NEW	    470
#define NUMBERS_END	    2048

/* Of the 32-bit entry, of which the kernel has 470, and with the bit of x32, of which it has 548. */
#define NUMBERS_OTHER 600
#define NUMBERS_X32   0x40000000

#endif
