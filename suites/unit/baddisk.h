/* SPDX-License-Identifier: MIT */
/* A disk that a test can't read any more. */
#ifndef BADDISK_H
#define BADDISK_H

/* From now on no directory can be listed (EIO) by the caller, who ends without that. */
void baddisk_begin(void);

#endif
