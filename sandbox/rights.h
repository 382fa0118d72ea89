/* SPDX-License-Identifier: MIT */
/* What a Landlock rule grants at its path and below; plan and init agree on it. */
#ifndef RIGHTS_H
#define RIGHTS_H

enum plan_rights {
	PLAN_RIGHTS_LIST,   /* list directories */
	PLAN_RIGHTS_READ,   /* and read and execute files */
	PLAN_RIGHTS_WRITE,  /* and make, change and remove what is there, but no device nodes */
	PLAN_RIGHTS_DEVICE, /* and use devices' ioctls */
	PLAN_RIGHTS
};

#endif
