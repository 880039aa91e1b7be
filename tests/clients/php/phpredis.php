<?php
/* The extension itself: commands, and the lock of its session handler. */
declare(strict_types=1);

return function (string $client, string $socket): array {
	$connect = function () use ($socket): Redis {
		$redis = new Redis();
		$redis->connect($socket);
		return $redis;
	};
	$give = 'if redis.call("get", KEYS[1]) ~= ARGV[1] then return 0 end'
		. ' return redis.call("del", KEYS[1])';

	return [
		'a lock is taken once and given back by its owner' => function () use ($connect, $give) {
			$redis = $connect();
			same(true, $redis->set('seat', 'a', ['nx', 'px' => 60000]));
			same(false, $redis->set('seat', 'b', ['nx', 'px' => 60000]));
			same(0, $redis->eval($give, ['seat', 'b'], 1));
			$hash = $redis->script('load', $give);
			same(sha1($give), $hash);
			same(1, $redis->evalSha($hash, ['seat', 'a'], 1));
			same(false, $redis->get('seat'));
			same(false, $redis->evalSha(str_repeat('0', 40)));
			same(1, preg_match('/^NOSCRIPT/', $redis->getLastError()));
		},

		'a session is locked while a request has it' => function () use ($connect, $socket) {
			ini_set('session.save_handler', 'redis');
			ini_set('session.save_path', "unix://$socket");
			ini_set('session.use_cookies', '0');
			ini_set('session.cache_limiter', '');
			ini_set('redis.session.locking_enabled', '1');
			ini_set('redis.session.lock_wait_time', '2000');
			$redis = $connect();
			session_id('hf0');
			holds(session_start(), 'started');
			$_SESSION['basket'] = 'seat 4';
			same(1, $redis->exists('PHPREDIS_SESSION:hf0_LOCK'));
			session_write_close();
			same(0, $redis->exists('PHPREDIS_SESSION:hf0_LOCK'));
			$redis->set('PHPREDIS_SESSION:hf0_LOCK', 'another request', ['px' => 60000]);
			ini_set('redis.session.lock_retries', '3');
			refused('/session lock was not successful/', 'session_start');
			session_abort();
			$redis->pexpire('PHPREDIS_SESSION:hf0_LOCK', 30);
			ini_set('redis.session.lock_retries', '10000');
			holds(session_start(), 'started when the other one was over');
			same('seat 4', $_SESSION['basket']);
			session_write_close();
			holds(session_start() && session_destroy(), 'destroyed');
			same(0, $redis->exists('PHPREDIS_SESSION:hf0'));
		},

		'hashes, scans and transactions' => function () use ($connect) {
			$redis = $connect();
			same(2, $redis->hSet('h', 'a', '1') + $redis->hSet('h', 'b', '2'));
			same(['a' => '1', 'b' => '2'], $redis->hGetAll('h'));
			same(3, $redis->hIncrBy('h', 'b', 1));
			$redis->setOption(Redis::OPT_SCAN, Redis::SCAN_RETRY);
			$cursor = null;
			$seen = [];
			for ($i = 0; $i < 50; $i++) {
				$redis->set("k$i", 'v');
			}
			while (($keys = $redis->scan($cursor, 'k*')) !== false) {
				$seen = [...$seen, ...$keys];
			}
			same(50, count(array_unique($seen)));
			$redis->watch('k1');
			$connect()->set('k1', 'w');
			same(false, $redis->multi()->set('k1', 'x')->exec());
			same([true, 'x'], $redis->multi()->set('k1', 'x')->get('k1')->exec());
		},
	];
};
