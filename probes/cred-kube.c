/* SPDX-License-Identifier: MIT */
/*
 * HC-01: cluster certificates and tokens.
 *
 * Creds: kube
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See:
 *      https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
#include "cred.h"

PROBE("cred-kube", "Kubernetes credentials cannot be read")
{
	static const char *const ids[] = { "kube", NULL };

	return cred_family(ids);
}
