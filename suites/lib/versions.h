/* SPDX-License-Identifier: MIT */
/* Versions of programs, told from where they lie and what lies beside them: nothing is run. */
#ifndef VERSIONS_H
#define VERSIONS_H

/*
 * Of the agent whose program is `path`, without links; owned: "1.2.3 (npm)" of a package.json, "1.2.3 (native)" or
 * "NAME-1.2.3 (nix)" of its path, else its size and time of change, by which a change is noticed all the same.
 * NULL: there is no such file.
 */
char *versions_agent(const char *path);
/* Of Nix, by the path of the program that PATH leads to; "store" when there is only a store; NULL: no Nix. Owned. */
char *versions_nix(char *const *env);

#endif
