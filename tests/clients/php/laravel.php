<?php
/*
 * Laravel's locks (Cache::lock) and limiters (Redis::funnel, Redis::throttle),
 * on phpredis and on Predis.
 */
declare(strict_types=1);

require_once 'Illuminate/Redis/autoload.php';
require_once 'Illuminate/Cache/autoload.php';

use Illuminate\Cache\RedisStore;
use Illuminate\Contracts\Cache\LockTimeoutException;
use Illuminate\Contracts\Redis\LimiterTimeoutException;
use Illuminate\Redis\RedisManager;

return function (string $client, string $socket): array {
	$redis = new RedisManager(null, $client, [
		'options' => ['prefix' => ''],
		'default' => $client === 'predis'
			? ['scheme' => 'unix', 'path' => $socket, 'database' => 0]
			: ['host' => $socket, 'port' => 0, 'database' => 0, 'name' => 'till-4'],
	]);
	$store = new RedisStore($redis, 'cache');
	$raw = $redis->connection();

	return [
		'a lock is taken once and given back by its owner' => function () use ($store, $raw) {
			$lock = $store->lock('seat', 60);
			same(true, $lock->get());
			same($lock->owner(), $raw->get('cache:seat'));
			holds($raw->ttl('cache:seat') > 50, 'it has its time');
			$other = $store->lock('seat', 60);
			same(false, $other->get());
			same(false, $other->release());
			same(true, $store->restoreLock('seat', $lock->owner())->release());
			same(true, $other->get(fn () => true));
			same(0, $raw->exists('cache:seat'));
		},

		'a lock without a time stays until it is given back' => function () use ($store, $raw) {
			same(true, $store->lock('seat')->get());
			same(-1, $raw->ttl('cache:seat'));
			same(false, $store->lock('seat')->get());
			$store->lock('seat')->forceRelease();
			same(true, $store->lock('seat', 60)->get());
		},

		'who waits gets it when its time is up, or hears that it took too long' => function () use ($store, $raw) {
			same(true, $store->lock('seat', 60)->get());
			$next = $store->lock('seat', 60)->betweenBlockedAttemptsSleepFor(5);
			refused('/^$/', function () use ($next) {
				try {
					$next->block(0);
				} catch (LockTimeoutException) {
					throw new Exception('');
				}
			});
			$raw->pexpire('cache:seat', 30);
			same(true, $next->block(20));
			same($next->owner(), $raw->get('cache:seat'));
		},

		'the cache itself' => function () use ($store) {
			same(true, $store->put('a', 'text', 60));
			same('text', $store->get('a'));
			same(true, $store->putMany(['b' => 'x', 'c' => 'y'], 60));
			same(['b' => 'x', 'c' => 'y', 'd' => null], $store->many(['b', 'c', 'd']));
			holds((bool) $store->add('d', 'z', 60), 'added');
			holds(!$store->add('d', 'zz', 60), 'added once');
			same(8, $store->increment('n', 8));
			same(true, $store->forget('a'));
			same(null, $store->get('a'));
		},

		'a funnel lets so many in' => function () use ($raw) {
			$through = fn () => $raw->funnel('gate')->limit(1)->releaseAfter(60)->block(0);
			$inner = $through()->then(
				fn () => $through()->then(fn () => 'both', fn () => 'the second waits')
			);
			same('the second waits', $inner);
			same('again', $through()->then(fn () => 'again'));
		},

		'a throttle lets so many through in a time' => function () use ($raw) {
			$through = fn () => $raw->throttle('gate')->allow(2)->every(60)->block(0)
				->then(fn () => 'through', fn (LimiterTimeoutException $e) => 'too many');
			same(['through', 'through', 'too many'], [$through(), $through(), $through()]);
		},

		'transactions, pipelines and scripts' => function () use ($raw) {
			$answers = $raw->transaction(function ($multi) {
				$multi->set('a', '1');
				$multi->incr('a');
			});
			same(2, $answers[1]);
			$answers = $raw->pipeline(function ($pipe) {
				$pipe->set('b', 'x');
				$pipe->get('b');
			});
			same('x', $answers[1]);
			same('k', $raw->eval('return KEYS[1]', 1, 'k'));
		},
	];
};
