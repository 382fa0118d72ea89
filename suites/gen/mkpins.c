/* SPDX-License-Identifier: MIT */
/* Prints the table of pin.h as C: of the named files below a directory, or an empty one. usage: mkpins [DIR FILE...] */
#include "pin.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define ARM_SECONDS	  60
#define ARM_SECONDS_TESTS 25

int main(int argc, char **argv)
{
	int dir = argc > 1 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;

	if (argc > 1 && dir < 0) {
		perror(argv[1]);
		return 1;
	}
	printf("#include \"pin.h\"\nconst struct pin pins[] = {\n");
	for (int i = 2; i < argc; i++) {
		struct pin p;
		int r = pin_read(dir, argv[i], &p);

		if (r < 0) {
			fprintf(stderr, "mkpins: %s: %s\n", argv[i], strerror(-r));
			return 1;
		}
		printf("\t{ \"%s\", %lluu, 0x%016llxu },\n", argv[i], p.bytes, (unsigned long long)p.hash);
	}
	printf("\t{ 0 }\n};\nconst double pin_arm_seconds = %d;\n",
	       argc > 1 ? ARM_SECONDS : ARM_SECONDS_TESTS);
	return fflush(stdout) == 0 ? 0 : 1;
}
