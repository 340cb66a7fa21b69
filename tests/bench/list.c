// SPDX-License-Identifier: GPL-2.0-only
/*
 * cxl-presize list beside others that list PCI devices, on the same mocked
 * sysfs of 256 and of 4096 devices: time, and memory at its peak; and
 * cxl-presize apply of 64 devices beside list of the same. In the tree, not in
 * the emulated host: umockdev-wrapper list COMMAND.
 *
 * driverctl takes minutes for 4096 devices, and so runs once there. cxl list is
 * not among them: it lists memdevs, which a driver has to make.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mock.h"
#include "stats.h"

extern char **environ;

static struct program {
	const char *name;
	char *argv[6];
	int rounds_few, rounds_many;
	struct samples time, memory;
	double first_memory;
} programs[] = {
	{ "cxl-presize list", { NULL, "list" }, 11, 5 },
	{ "cxl-presize list --json", { NULL, "list", "--json" }, 11, 5 },
	{ "lspci -D", { "lspci", "-D" }, 11, 5 },
	{ "driverctl list-devices", { "driverctl", "list-devices" }, 3, 1 },
	{ NULL }
};

/* One round; a program that fails, or says nothing, has listed nothing */
static int run_once(struct program *program)
{
	char output[] = "/tmp/bench-list-XXXXXX";
	int fd = mkstemp(output), status = -1;
	posix_spawn_file_actions_t actions;
	double begin = now();
	struct rusage usage;
	pid_t pid;
	off_t said;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	if (posix_spawnp(&pid, program->argv[0], &actions, NULL, program->argv,
			 environ) || wait4(pid, &status, 0, &usage) != pid)
		status = -1;
	samples_add(&program->time, now() - begin);
	samples_add(&program->memory, usage.ru_maxrss / 1024.0);
	said = lseek(fd, 0, SEEK_END);
	close(fd);
	unlink(output);
	posix_spawn_file_actions_destroy(&actions);
	return status || said <= 0;
}

static int measure(struct program *program, int many)
{
	static char title[2][128];
	int rounds = many ? program->rounds_many : program->rounds_few;

	snprintf(title[0], sizeof(title[0]), "%s", program->name);
	snprintf(title[1], sizeof(title[1]), "%s: peak", program->name);
	memset(&program->time, 0, sizeof(program->time));
	memset(&program->memory, 0, sizeof(program->memory));
	program->time.name = title[0];
	program->memory.name = title[1];
	for (int i = 0; i < rounds; i++) {
		if (run_once(program)) {
			printf("%s failed\n", program->name);
			return 1;
		}
	}
	samples_print(&program->time, "ms", 1e3);
	samples_print(&program->memory, "MiB", 1);
	return 0;
}

/* @many: the second time, when growth can be told */
static int bench(unsigned int devices, int many)
{
	int failed = 0;

	printf("\n%u devices\n", devices);
	mock_begin();
	for (unsigned int i = 0; i < devices; i++)
		mock_device(i);
	for (struct program *p = programs; p->name; p++)
		failed |= measure(p, many);
	ratio_print("time of cxl-presize to lspci", &programs[0].time,
		    &programs[2].time, 0);
	ratio_print("time of cxl-presize to driverctl", &programs[0].time,
		    &programs[3].time, 0.2);
	failed |= samples_median(&programs[0].time) >
		  0.2 * samples_median(&programs[3].time);
	for (struct program *p = programs; p->name; p++) {
		double grown = samples_median(&p->memory) - p->first_memory;

		if (many)
			printf("%-52s grown  %9.2f MiB\n", p->name, grown);
		p->first_memory = samples_median(&p->memory);
		failed |= many && p < &programs[2] && grown > 10;
	}
	mock_end();
	return failed;
}

/* A folder with one section for all devices: their size, and no driver */
static char *configuration(const char *size)
{
	char dir[] = "/tmp/bench-apply-XXXXXX", name[64];
	FILE *file;

	if (!mkdtemp(dir))
		return NULL;
	snprintf(name, sizeof(name), "%s/all.conf", dir);
	file = fopen(name, "we");
	if (!file)
		return NULL;
	fprintf(file, "[all]\nmatch = path:*\nsize = %s\ndriver = none\n",
		size);
	return fclose(file) ? NULL : strdup(dir);
}

/* Two sizes in turn, so that each round changes every device */
static int bench_apply(char *command)
{
	struct program list = { "list, 64 devices", { command, "list" } };
	struct program apply = { "apply, 64 devices",
		{ command, "apply", "--all", "--config-dir" } };
	char *dir[] = { configuration("256M"), configuration("512M") };
	int failed = !dir[0] || !dir[1];

	printf("\n");
	mock_begin();
	for (unsigned int i = 0; i < 64; i++)
		mock_device(i);
	for (int i = 0; i < 12 && !failed; i++) {
		apply.argv[4] = dir[i % 2];
		failed = run_once(&apply) || run_once(&list);
	}
	mock_end();
	if (failed) {
		printf("apply failed\n");
		return failed;
	}
	apply.time.name = apply.name;
	list.time.name = list.name;
	samples_print(&apply.time, "ms", 1e3);
	samples_print(&list.time, "ms", 1e3);
	ratio_print("time of apply to list", &apply.time, &list.time, 0);
	return 0;
}

int main(int argc, char **argv)
{
	int failed;

	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	programs[0].argv[0] = argv[1];
	programs[1].argv[0] = argv[1];
	failed = bench(256, 0);
	failed |= bench(4096, 1);
	failed |= bench_apply(argv[1]);
	return failed;
}
