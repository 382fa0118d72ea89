/* SPDX-License-Identifier: MIT */
/*
 * HC-03: messages and session tokens of Signal, Slack and Discord.
 *
 * Creds: signal slack discord
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://attack.mitre.org/techniques/T1539/
 */
#include "cred.h"

PROBE("cred-chat", "chat sessions cannot be read")
{
	static const char *const ids[] = { "signal", "slack", "discord", NULL };

	return cred_family(ids);
}
