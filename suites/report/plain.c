/* SPDX-License-Identifier: MIT */
#include "report/plain.h"

#include <string.h>

#include "jsonout.h"

void report_plain(FILE *f, const char *text, const char *escape, char control)
{
	size_t n = strlen(text);

	for (size_t i = 0, len; i < n; i += len) {
		unsigned char c = (unsigned char)text[i];

		len = jsonout_utf8(text + i, n - i);
		if (len == 0) {
			fputs("\xef\xbf\xbd", f);
			len = 1;
		} else if (c < 0x20 || c == 0x7f) {
			putc(control, f);
		} else {
			if (strchr(escape, c) != NULL)
				putc('\\', f);
			fwrite(text + i, 1, len, f);
		}
	}
}
