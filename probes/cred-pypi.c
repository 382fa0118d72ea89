/* SPDX-License-Identifier: MIT */
/*
 * HC-02: upload tokens and index passwords.
 *
 * Creds: pypirc pip
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://packaging.python.org/en/latest/specifications/pypirc/
 */
#include "cred.h"

PROBE("cred-pypi", "PyPI tokens cannot be read")
{
	static const char *const ids[] = { "pypirc", "pip", NULL };

	return cred_family(ids);
}
