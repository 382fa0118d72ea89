/* SPDX-License-Identifier: MIT */
/*
 * HC-02: logins of Hugging Face, Codex and Gemini.
 *
 * Creds: huggingface openai gemini
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See:
 *      https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */
#include "cred.h"

PROBE("cred-ai", "tokens of other AI tools cannot be read")
{
	static const char *const ids[] = { "huggingface", "openai", "gemini", NULL };

	return cred_family(ids);
}
