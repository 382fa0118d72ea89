/* SPDX-License-Identifier: MIT */
/* Which build this is: 16 hex digits that change with its sources and its compiler's command line. */
#ifndef BUILD_H
#define BUILD_H

/* Of the init that it was built with. */
extern const unsigned long long build_init_bytes;
extern const char build_id[];

#endif
