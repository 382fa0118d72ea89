/* SPDX-License-Identifier: MIT */
/*
 * EF-01: SSH_AUTH_SOCK, DBUS_*, DISPLAY and their like tell an attacker
 * where to knock.
 *
 * Remedy: build the environment from a keep-list.
 * See: environ(7)
 */
#include "look.h"

PROBE("env-session-handles", "no variable points at a socket or agent of the session")
{
	static const char *const names[] = {
		"SSH_AUTH_SOCK",
		"GPG_AGENT_INFO",
		"DBUS_SESSION_BUS_ADDRESS",
		"DBUS_SYSTEM_BUS_ADDRESS",
		"DISPLAY",
		"WAYLAND_DISPLAY",
		"XAUTHORITY",
		"KUBECONFIG",
		"DOCKER_HOST",
		"CONTAINER_HOST",
		"VSCODE_IPC_HOOK_CLI",
		"VSCODE_GIT_IPC_HANDLE",
		"TMUX",
		"STY",
		"NVIM",
		"KITTY_LISTEN_ON",
		"WEZTERM_UNIX_SOCKET",
		"WSL_INTEROP",
		NULL,
	};
	const char *run = getenv("XDG_RUNTIME_DIR");
	char got[400] = "";

	LOOK_NEED(runtime, "CANARY_RUNTIME");
	for (int i = 0; names[i] != NULL; i++)
		if (getenv(names[i]) != NULL)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), " %s", names[i]);
	if (run != NULL && look_under(run, runtime))
		snprintf(got + strlen(got), sizeof(got) - strlen(got), " XDG_RUNTIME_DIR");
	if (got[0] != '\0')
		return probe_allowed("environ", "set, and the session's:%s", got);
	return probe_denied(0, "environ", "none is set");
}
