/* SPDX-License-Identifier: MIT */
/*
 * HC-02: RubyGems, Composer, Maven, Gradle and NuGet.
 *
 * Creds: gem composer maven gradle nuget
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://maven.apache.org/settings.html#servers
 */
#include "cred.h"

PROBE("cred-packages", "tokens of other package managers cannot be read")
{
	static const char *const ids[] = { "gem", "composer", "maven", "gradle", "nuget", NULL };

	return cred_family(ids);
}
