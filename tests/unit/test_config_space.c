// SPDX-License-Identifier: GPL-2.0-only
/* The walk through a device's capabilities, also where the device lies */
#include "config_space.h"
#include "unit.h"

static void put(uint8_t *config, size_t offset, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		config[offset + i] = value >> 8 * i;
}

static void header(uint8_t *config, size_t offset, unsigned int id, size_t next)
{
	put(config, offset, next << 20 | 1 << 16 | id);
}

/* A serial number, a foreign DVSEC, another CXL one, and the one for devices */
static void make(uint8_t *config)
{
	memset(config, 0, CONFIG_SPACE);
	header(config, 0x100, 0x0003, 0x10c);
	put(config, 0x104, 0x89abcdef);
	put(config, 0x108, 0x01234567);
	header(config, 0x10c, 0x0023, 0x200);
	put(config, 0x110, 0x00108086);
	put(config, 0x114, 0);
	header(config, 0x200, 0x0023, 0x300);
	put(config, 0x204, 0x00101e98);
	put(config, 0x208, 0x00000008);
	header(config, 0x300, 0x0023, 0);
	put(config, 0x304, 0x00101e98);
	put(config, 0x308, 0x001e0000);
}

static void test_finds(void **state)
{
	uint8_t config[CONFIG_SPACE];
	uint64_t serial;

	(void)state;
	make(config);
	assert_int_equal(config_find_dvsec(config, CONFIG_SPACE), 0x300);
	assert_int_equal(config_cxl_capability(config, CONFIG_SPACE, 0x300),
			 0x1e);
	assert_true(config_find_serial(config, CONFIG_SPACE, &serial));
	assert_int_equal(serial, 0x0123456789abcdefULL);
}

/* What was read may end anywhere; nothing behind it is looked at */
static void test_every_length(void **state)
{
	uint8_t whole[CONFIG_SPACE];
	uint64_t serial;

	(void)state;
	make(whole);
	for (size_t len = 0; len < 0x400; len++) {
		uint8_t *config = exact_copy(whole, len);

		assert_int_equal(config_find_dvsec(config, len),
				 len < 0x30c ? 0 : 0x300);
		assert_int_equal(config_find_serial(config, len, &serial),
				 len >= 0x104);
		free(config);
	}
}

static void test_circle(void **state)
{
	uint8_t config[CONFIG_SPACE] = { };

	(void)state;
	header(config, 0x100, 0x0023, 0x200);
	header(config, 0x200, 0x0023, 0x100);
	assert_int_equal(config_find_dvsec(config, CONFIG_SPACE), 0);
}

static void test_gone(void **state)
{
	uint8_t config[CONFIG_SPACE];
	uint64_t serial;

	(void)state;
	memset(config, 0xff, sizeof(config));
	assert_int_equal(config_find_dvsec(config, CONFIG_SPACE), 0);
	assert_false(config_find_serial(config, CONFIG_SPACE, &serial));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
