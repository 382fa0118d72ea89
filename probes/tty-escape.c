/* SPDX-License-Identifier: MIT */
/*
 * DT-05: sequences that a terminal acts on beyond its screen, written to
 * standard input's terminal: the clipboard (OSC 52), reports of the title
 * and of settings (CSI 21 t, DECRQSS, XTGETTCAP), which are typed back as if
 * by the user, files of iTerm2 and kitty, the printer. The terminal of the
 * harness answers each; what it got counts, also without an answer here. Before
 * them stand a text and a title, which the harness must see: a terminal that
 * nothing gets to shows nothing.
 *
 * Remedy: leave "tty": {"escapes": [...]} and --tty direct out.
 * See: CVE-2003-0063; CVE-2022-45063; sandbox/data/escapes.def
 */
#include "look.h"

#include <poll.h>
#include <signal.h>

PROBE("tty-escape", "no escape sequence that the terminal acts on beyond its screen gets out")
{
	static const char all[] = "\033]0;title\a"
				  "\033[21t\033[20t"
				  "\033P$qm\033\\"
				  "\033P+q544e\033\\"
				  "\033]52;c;Y2xhdWRl\a"
				  "\033]1337;CurrentDir=/\a"
				  "\033_Gi=1;AAAA\033\\"
				  "\033[?5i\033[?4i";
	char buf[4096], shown[512];
	size_t n = 0;
	long r;
	int len;

	LOOK_NEED(tty, "CANARY_TTY");
	LOOK_NEED(answer, "CANARY_ANSWER");
	LOOK_NEED(word, "CANARY_SHOWN");
	signal(SIGTTOU, SIG_IGN);
	len = snprintf(shown, sizeof(shown), "%.200s\033[m\033]2;%.200s\a", word, word);
	r = probe_sys(SYS_write, 0L, shown, (long)len);
	if (r < 0)
		return probe_unknown((int)-r, "write", "a text");
	r = probe_sys(SYS_write, 0L, all, (long)sizeof(all) - 1);
	if (r < 0)
		return probe_denied((int)-r, "write", "%s", probe_errno_name((int)-r));
	/* Never a read that nothing is ready for: from the background it would stop us. */
	while (n < sizeof(buf) &&
	       poll(&(struct pollfd){ .fd = 0, .events = POLLIN }, 1, look_open_arm() ? 10000 : 20) > 0) {
		r = probe_sys(SYS_read, 0L, buf + n, (long)(sizeof(buf) - n));
		if (r <= 0)
			break;
		n += (size_t)r;
		if (memmem(buf, n, answer, strlen(answer)) != NULL)
			return probe_allowed("read", "%s acted on it, and its answer came as if typed", tty);
	}
	return probe_denied(0, "write", "written, and nothing answered");
}
