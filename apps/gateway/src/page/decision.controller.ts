import { IncomingMessage, ServerResponse } from 'node:http';
import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { Public } from '@countersign/nestjs';
import { parseInput, refuseStrangers } from '@countersign/service-kit';
import { DecisionBoard } from './decision-board.js';
import { recordInput } from './record-input.js';

/** What all services decided, as it happens. For development, from this machine to this machine. */
@Public()
@Controller('development/decisions')
export class DecisionController {
  constructor(private readonly board: DecisionBoard) {}

  /** Takes the record of another service. No page may write here. */
  @Post()
  @HttpCode(204)
  add(@Req() request: IncomingMessage, @Body() body: unknown): void {
    refuseStrangers(request, 'program');
    this.board.add(parseInput(recordInput, body));
  }

  /** Server-sent events: one record each, the latest 500 first. */
  @Get()
  show(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    refuseStrangers(request, 'page');
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': decisions\n\n');
    const end = this.board.watch(
      (record) => response.write(`data: ${JSON.stringify(record)}\n\n`),
      () => response.end(),
    );
    response.once('close', end);
  }
}
