// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: decoders
 *
 * Print a line for every committed decoder of every function and host bridge of
 * this machine, as the hardware has them.
 */
#include "hdm_util.h"

int main(void)
{
	return hdm_print(stdout) < 0;
}
