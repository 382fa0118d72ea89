/* SPDX-License-Identifier: MIT */
/* What every unit test file exports: `Suite *MODULE_suite(void)`, found through the list that make writes. */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>

#define SUITE(name) Suite *name##_suite(void);
#include "unit_suites.h"
#undef SUITE

#endif
