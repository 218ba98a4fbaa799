"""Python Loadwright does the bench's job until it is stopped.

Its runner lets each user run once. Here each runs again and again, in a page
and context of its own each time, as the runner gives them. All else is as it
comes: its logger saves the results after each event."""
import argparse
import asyncio

from loadwright import LoadTestRunner, User
from playwright.async_api import BrowserType

parser = argparse.ArgumentParser()
parser.add_argument("--url")
parser.add_argument("--users", type=int)
parser.add_argument("--interval", type=float, help="seconds between the users' starts")
parser.add_argument("--think", type=float, help="seconds after the load and each click")
parser.add_argument("--report", action="store_true")
parser.add_argument("--browser")
options = parser.parse_args()


class Clicker(User):
    async def run(self):
        page_name = self.endpoint.split("=")[1]
        with self.event(name="load", user=self.name):
            await self.page.goto(self.url)
            button = self.page.get_by_role("button", name="Run")
            await button.wait_for()
        await self.sleep()
        for i in range(1, 6):
            with self.event(name="interact", user=self.name):
                await button.click()
                await self.page.get_by_text(f"Finished run {i} in").wait_for()
            # Nothing was awaited since: the last result is this one.
            print("reading", page_name, i, runner.logger.results[-1]["duration"], flush=True)
            await self.sleep()
        if options.report:
            await self.page.evaluate("window.report()")


class Runner(LoadTestRunner):
    async def _create_task(self, index, browser, **kwargs):
        await asyncio.sleep(index * self.user_delay)
        iteration = 0
        while True:
            iteration += 1
            page = await browser.new_page()
            await self.user.clone(
                name=str(index), host=self.host, page=page, event=self.logger.event,
                endpoint=f"/app?as=u{index}-i{iteration}",
            ).run()
            await page.close()


launch = BrowserType.launch


async def launch_ours(self, **kwargs):
    """The runner has no option for which browser."""
    return await launch(self, executable_path=options.browser, args=["--disable-gpu"], **kwargs)


BrowserType.launch = launch_ours

runner = Runner(
    user=Clicker(sleep_time=options.think), host=options.url, headless=True,
    n_users=options.users, user_delay=options.interval,
)
asyncio.run(runner.run())
