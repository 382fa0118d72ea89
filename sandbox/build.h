/* SPDX-License-Identifier: MIT */
/* Which build this is: 16 hex digits that change with its sources and its compiler's command line. */
#ifndef BUILD_H
#define BUILD_H

extern const char build_id[];

#endif
